#!/bin/sh
# What comes from outside, in names, cells, files and on the command line, must leave as UTF-8 without control
# characters, whatever it was; and paths of every length and kind work or are refused by what is wrong with them.
#   outgoing.sh PROGRAM SOURCE_DIR
set -u
program=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# clean STATUS COMMAND...: the exit status; UTF-8, and no control character but tabs and new lines.
clean() {
    wanted=$1
    shift
    "$program" "$@" >out.txt 2>err.txt </dev/null
    status=$?
    [ $status = "$wanted" ] || fail "exit status $status instead of $wanted: $* ($(cat err.txt))"
    sed -i 's/\r$//' out.txt # the line ends of CSV
    for file in out.txt err.txt; do
        iconv -f UTF-8 -t UTF-16 $file >/dev/null 2>&1 || fail "no UTF-8 in $file of: $*"
        # bytes below 20 but tab and new line, 7f; then c2 80-9f (C1) and e2 80 aa-ae (direction)
        LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" $file && fail "control bytes in $file of: $*"
        LC_ALL=C grep -q "$(printf '\302[\200-\237]')" $file && fail "C1 in $file of: $*"
        LC_ALL=C grep -q "$(printf '\342\200[\252-\256]')" $file && fail "bidi in $file of: $*"
    done
}

said() { # PATTERN: in what the last command wrote
    cat out.txt err.txt | grep -qF -- "$1" || fail "no \"$1\" in: $(cat out.txt err.txt)"
}

experiment() { # FILE DATA
    printf '{"name": "t", "grammar": "%s/grammars/default.json", "seed": 1, "data": {"format": "csv", %s},
"network": {"mlp": [4]}, "search": {"strategy": "random", "evaluations": 2},
"training": {"epochs": 1, "batch": 4, "optimiser": {"name": "adam", "learning_rate": 0.01}}}\n' "$source" "$2" >"$1"
}

escape=$(printf '\033[2J') latin=$(printf 'caf\351') c1=$(printf '\302\2332J') bidi=$(printf '\342\200\256abc')
overlong=$(printf '\300\257') half=$(printf '\342\202') accent=$(printf 'caf\303\251')
table() { # CELL
    printf 'x,kind\n'
    for i in 1 2 3 4 5 6; do printf '%s,%s\n%s.5,other\n' $i "$1" $i; done
}

# Cells: as names of classes and of columns.
for cell in "$escape" "$c1" "$bidi" "$accent"; do
    table "$cell" >t.csv
    experiment t.json '"file": "t.csv", "label": "kind", "train": 0.5, "validation": 0.5'
    for format in table csv json; do
        clean 0 data t.json --format $format
    done
    ! command -v python3 >/dev/null || python3 -m json.tool <out.txt >/dev/null || fail "no JSON: $cell"
    table x | sed "1s/kind/$cell/" >t.csv
    clean 3 data t.json
done
said 'caf'
table "$escape" >t.csv
clean 0 data t.json
said '\x1b[2J'
for cell in "$latin" "$overlong" "$half"; do
    table "$cell" >t.csv
    clean 3 data t.json
    said 'is not UTF-8'
    said 'iconv -f LATIN1 -t UTF-8 t.csv >'
done

# Names of files: of the data, of experiments, of databases.
table x >good.csv
for name in "$escape" "$latin" "$c1" "$bidi" "new
line" "$overlong"; do
    cp good.csv "$name.csv"
    cp t.json "$name.json"
    clean 3 data "$name.json"
    clean 4 data "no $name.json"
    clean 4 top "no $name.db"
    clean 0 data t.json --set 'data.file="good.csv"'
    mkdir -p "$name"
    cp good.csv "$name/t.csv"
    cp t.json "$name/t.json"
    clean 0 data "$name/t.json"
    clean 0 run "$name/t.json" --db "$name.db" --quiet
    clean 0 top "$name.db"
    clean 0 show "$name.db" best
    clean 0 show "$name.db" best --format json
    ! command -v python3 >/dev/null || python3 -m json.tool <out.txt >/dev/null || fail "no JSON: show $name.db"
    clean 0 status "$name.db"
    clean 0 export "$name.db" best
    clean 0 merge --quiet merged.db "$name.db"
    clean 0 query "$name.db" 'SELECT * FROM run' --format csv
    clean 0 query "$name.db" 'SELECT * FROM run' --format json
    clean 5 run "$name/t.json" --db "$name.db" --quiet --set seed=2
    rm -f merged.db*
done

# The command line, and what SQL brings.
for word in "$escape" "$latin" "$c1" "$bidi" "$overlong" "$half"; do
    clean 3 apply "relu($word)" 1
    clean 3 apply relu "$word"
    clean 2 "$word"
    clean 2 data "--$word"
    clean 2 data t.json --set "$word"
    clean 2 top t.db --format "$word"
    clean 3 show "$word(x)"
    clean 3 query "$escape.db" "$word"
done
sql="SELECT char(27, 91, 50, 74) AS a, CAST(x'e9c0af' AS TEXT) AS b, char(155, 8238) AS c, 'a' || char(10, 9, 13) AS d, 1 AS \"$escape\""
for format in table csv json; do
    clean 0 query "$escape.db" "$sql" --format $format
done
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys
row = json.load(open("out.txt", encoding="utf-8"))[0]
assert row["a"] == "\x1b[2J" and row["b"] == "\\xe9\\xc0\\xaf" and row["c"] == "\x9b\u202e", row
assert row["d"] == "a\n\t\r", row' || fail "JSON holds something else"
fi

# A message that is cut is cut between two characters.
long=$(printf '%0200d' 0 | sed "s/0/$(printf '\303\251')/g")
for before in '' a aa aaa; do
    clean 2 "$before$long"
    clean 3 apply relu "$before$long"
    clean 2 data t.json --set "$before$long"
    clean 2 top t.db --format "$before$long"
    clean 3 query "$escape.db" "SELECT $before$long"
    table "$before$long" >t.csv
    clean 3 data t.json --set 'data.label="none"' --set 'data.target=null'
done

# A zero byte ends no number.
printf '1\0002 3' | "$program" apply relu >out.txt 2>err.txt && fail "a zero byte in a number is passed over"
said 'standard input, number 1: it holds a zero byte'
printf '1 2 \000' | "$program" apply relu >out.txt 2>err.txt && fail "a zero byte as a number is passed over"
said 'number 3'

# Numbers as the file has them.
printf 'x,y\n' >t.csv
for y in 422.2 1.5 7.25 8 -3 100.4 5 6 12 44; do echo "$y,$y" >>t.csv; done
experiment n.json '"file": "t.csv", "target": "y", "train": 0.6, "validation": 0.4'
clean 0 data n.json --format csv
said ',422.2'
said ',-3,'
printf 'x,y\n' >t.csv
for y in -1 1 -1 1 -1 1 -1 1 -1 1; do echo "$y,$y" >>t.csv; done
for seed in 1 2 3 4 5; do
    for format in table csv; do
        clean 0 data n.json --format $format --set seed=$seed
        grep -qE '(^|[ ,])-0([.]0*)?([ ,]|$)' out.txt && fail "a negative zero: $(cat out.txt)"
    done
done

# Paths.
cp good.csv t.csv
deep=.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    deep=$deep/abcdefghijklmnopqrst
done
mkdir -p $deep
cp t.csv t.json $deep/
clean 0 data $deep/t.json
clean 4 run t.json --quiet --db $deep/x.db
said 'the path is too long for a database: '
(cd $deep && "$program" run t.json --quiet 2>"$work/err.txt" >"$work/out.txt") && fail "too long a path is written"
said 'the path is too long for a database: '
clean 4 data $deep/none.json
said "$deep/none.json: cannot open: No such file"
folder=$(pwd -P)/p
mkdir p
for length in 480 500 503; do
    rest=$((length - ${#folder} - 4))
    path=$folder
    while [ $rest -gt 201 ]; do
        path=$path/$(printf '%0200d' 0)
        rest=$((rest - 201))
    done
    mkdir -p "$path"
    path=$path/$(printf "%0${rest}d" 0).db
    [ ${#path} = $length ] || fail "the test makes ${#path} bytes of $length"
    clean 0 run t.json --quiet --db "$path"
    clean 0 top "$path"
done
clean 4 data "$(printf '%0300d' 0).json"
said 'a name has at most 255 bytes'
clean 4 data ''
said 'an empty name'
clean 4 top ''
said 'an empty name'
clean 2 run t.json --db ''
said 'expected the name of a file'
clean 4 data .
said 'name a file, not a folder'
clean 4 top ./
said 'name a file, not a folder'
clean 4 run t.json --db p/
said 'name a file, not a folder'
clean 4 data t.json/
said 'a part of this path is a file'
clean 4 data t.json --set 'data.file="p"'
said 'name a file, not a folder'
clean 3 data t.json --set 'data.file=""'
said 'the path is empty'

[ $failures = 0 ] && echo "outgoing: all as it should be"
[ $failures = 0 ]

#!/bin/sh
# Follows the hints. Each file below is one that people have and that does not read as the experiment says. What the
# error tells is done to the letter, the settings by --set and the commands by a shell, until the file reads.
#   hints.sh PROGRAM SOURCE_DIR
set -u
program=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
LC_ALL=C.UTF-8
export LC_ALL

fail() {
    echo "FAILED: $*" | tee -a failures.txt >&2 # a file, because many cases stand behind a pipe
}

# follow NAME MOST EXPECTED DATA: the table.csv that lies here, with "file" and these members as data; at most MOST
# hints lead to an output of `data` with EXPECTED in it.
follow() {
    name=$1 most=$2 expected=$3
    printf '{"name": "t", "grammar": "%s/grammars/default.json", "seed": 1,
"data": {"format": "csv", "file": "table.csv", "train": 0.5, "validation": 0.3, "test": 0.2, %s},
"network": {"mlp": [4]}, "search": {"strategy": "random", "evaluations": 2},
"training": {"epochs": 1, "batch": 4, "optimiser": {"name": "adam", "learning_rate": 0.01}}}\n' "$source" "$4" >t.json
    set --
    steps=0
    while ! "$program" data t.json "$@" >out.txt 2>err.txt; do
        [ "$(wc -l <err.txt)" = 1 ] || fail "$name: not one line: $(cat err.txt)"
        [ $steps -lt "$most" ] || { fail "$name: still after $steps steps: $(cat err.txt)"; return; }
        steps=$((steps + 1))
        message=$(cat err.txt)
        command=$(printf '%s\n' "$message" | sed -n 's/.*\(\(sed\|iconv\) .* > [a-z0-9]*[.]csv\), and name that file.*/\1/p')
        if [ -n "$command" ]; then
            sh -c "$command" || fail "$name: the command of the hint fails: $command"
            set -- "$@" --set "data.file=$(printf '%s' "$command" | sed 's/.* > //')"
        fi
        printf '%s\n' "$message" | grep -oE '"(separator|decimal|header|skip|ignore|label|target)": ("[^"]*"|[0-9]+|true|false|\[[^]]*\])' >found.txt
        while read -r setting; do
            key=$(printf '%s' "$setting" | sed 's/^"\([a-z]*\)".*/\1/')
            set -- "$@" --set "data.$key=${setting#*: }"
        done <found.txt
        [ -n "$command" ] || [ -s found.txt ] || { fail "$name: a hint that cannot be followed: $message"; return; }
    done
    [ $steps -gt 0 ] || [ "$most" = 0 ] || fail "$name: read without a hint, so this case tests nothing"
    grep -q "$expected" out.txt || fail "$name: no \"$expected\" in: $(cat out.txt)"
    [ -z "${HINTS_VERBOSE-}" ] || { echo "$name: $steps step(s): $*"; }
}

# A table as the one of red wines is: every name quoted, semicolons, twelve columns.
names='fixed acidity;volatile acidity;citric acid;residual sugar;chlorides;free sulfur dioxide;total sulfur dioxide;density;pH;sulphates;alcohol;quality'
rows() {
    awk 'BEGIN { for (i = 0; i < 40; i++)
        printf "%.1f;%.2f;%.2f;%.1f;%.3f;%d;%d;%.4f;%.2f;%.2f;%.1f;%d\n", 6 + i % 7 / 3, .3 + i % 11 / 40, i % 5 / 20,
            1.5 + i % 9 / 7, .05 + i % 13 / 300, 5 + i % 17, 20 + 3 * (i % 19), .9951 + i % 23 / 9000,
            3 + i % 8 / 17, .4 + i % 6 / 13, 9 + i % 10 / 3, 4 + i % 3 }'
}
wine() { # the plain form, semicolons
    echo "$names"
    rows
}
quoted() {
    echo "\"$names\"" | sed 's/;/";"/g'
    rows
}
label='"label":"quality"'
classes='11 columns, 3 classes, 20 train'
followed() { # NAME MOST [DATA [EXPECTED]]: of the table on standard input
    cat >table.csv
    follow "$1" "$2" "${4-$classes}" "${3-$label}"
}

quoted | followed 'quoted names and semicolons' 1
wine | followed 'semicolons' 1
wine | followed 'a number to predict' 1 '"target":"quality"' '11 columns, a number to predict'
wine | tr ';' '\t' | followed 'tabs' 1
quoted | tr ';' '\t' | followed 'quoted names and tabs' 1
wine | tr ';' '|' | followed 'bars' 1
wine | sed 's/ /_/g' | tr ';' ' ' | followed 'spaces' 1
quoted | tr ';' ' ' | followed 'quoted names and spaces' 1
wine | sed 's/ /_/g; s/;/     /g; s/^/  /' | followed 'aligned by spaces' 1
wine | tr ';' ',' | followed 'commas where semicolons are said' 1 "$label,\"separator\":\";\""
wine | tr . , | followed 'decimal commas' 2
quoted | tr . , | tr ';' '\t' | followed 'decimal commas and tabs' 2
wine | sed 's/[0-9.][0-9.]*/"&"/g' | tr . , | followed 'quoted decimal commas' 2
wine | tr . , | sed 's/;/","/g; s/.*/"&"/' | followed 'quoted decimal commas between commas' 1
wine | followed 'decimal points where commas are said' 1 "$label,\"separator\":\";\",\"decimal\":\",\""
rows | followed 'no header' 2
rows | tr ';' ',' | followed 'no header, commas' 1
rows | tr ';' ' ' | followed 'no header, spaces' 2
rows | tr ';' ',' | sed 's/4$/oak/; s/5$/ash/; s/6$/elm/' | followed 'no header, classes of text' 1
wine | tr ';' ',' | followed 'a header that is not said' 1 '"label":"12","header":false'
wine | followed 'a header that is not said, semicolons' 2 '"label":"12","header":false'
wine | tr ';' ',' | tr '\n' '\r' | followed 'line ends of old systems' 0
wine | sed 's/$/\r/' | followed 'line ends of other systems' 1
wine | tr ';' ',' | sed 's/[^,]*/"&"/g' | followed 'quoted numbers' 0
wine | sed 's/$/;/' | followed 'a separator behind every line' 2
wine | tr ';' ',' | sed '2,$s/$/,/' | followed 'a separator behind every row' 1
wine | tr ';' ',' | sed '1s/$/,/' | followed 'a separator behind the header' 1
wine | tr ';' ',' | sed '2,$s/$/,\r/; 1s/$/\r/' | followed 'a separator behind every row, CR LF' 1
wine | tr ';' '\t' | sed '2,$s/$/\t/' | followed 'a tab behind every row' 2
wine | tr ';' ',' | awk 'NR == 1 { print "," $0; next } { print NR - 2 "," $0 }' | followed 'the index of pandas' 1
wine | tr ';' ',' | awk 'NR == 1 { print "\"\"," $0; next } { print "\"" NR - 1 "\"," $0 }' | followed 'the row names of R' 1
wine | sed 's/ /_/g' | tr ';' ' ' | awk 'NR == 1 { print; next } { print "\"" NR - 1 "\"", $0 }' |
    followed 'row names of R without a header' 2
wine | tr ';' ',' | sed '1i# red wines' | followed 'a line of comment' 1
wine | sed '1i# red wines\n# made up' | followed 'lines of comment, semicolons' 2
wine | tr ';' ',' | sed '1iRed wines of the year\n' | followed 'a title' 1
wine | sed '1isep=;' | followed 'the line of a spreadsheet' 1
rows | tr ';' ',' | sed '1i@relation wine\n@attribute a numeric\n@data' | followed 'ARFF' 2
wine | sed '2,$s/;\([0-9]*\);\([0-9]*\);\([0-9.]*\);/;1,\1\1\1;\2;\3;/' | sed 's/1,\([0-9]\)[0-9]*;/1,0\10.5;/' |
    followed 'marks between thousands' 2
wine | awk -F';' -v OFS=';' 'NR > 1 { $7 = "2.0" $7 ",5"; gsub(/[.]/, ",", $1) } { print }' |
    sed 's/;0[.]/;0,/g; s/;\([0-9]*\)[.]\([0-9]*\);/;\1,\2;/g; s/;\([0-9]*\)[.]\([0-9]*\);/;\1,\2;/g' |
    followed 'points between thousands and decimal commas' 4
wine | awk -F';' -v OFS=';' 'NR > 1 { $7 = "1 " 100 + $7 } { print }' | followed 'blanks between thousands' 2
wine | awk -F';' -v OFS=';' "NR > 1 { \$7 = \"1'\" 100 + \$7 } { print }" | followed 'apostrophes between thousands' 2
wine | awk -F';' -v OFS=';' 'NR > 1 { $7 = "\"1,0" 10 + $7 % 80 "\"" } { print }' | tr ';' ',' |
    followed 'quoted marks between thousands' 1
wine | tr ';' ',' | sed '1s/fixed/fix\xe9/' | followed 'Latin-1' 1
wine | tr ';' ',' | iconv -f UTF-8 -t UTF-16 | followed 'UTF-16' 1
wine | iconv -f UTF-8 -t UTF-16LE | followed 'UTF-16 without a mark, semicolons' 2
wine | tr ';' ',' | gzip | followed 'gzip' 0

# What only another program can read: the first bytes tell, and no other hint is given.
refused() { # PATTERN BYTES
    printf "$2" >table.csv
    "$program" data t.json >out.txt 2>err.txt && fail "read: $1"
    grep -q "^actsearch: table.csv: this is $1" err.txt || fail "no \"$1\": $(cat err.txt)"
}
refused 'a zip archive, .*; unpack it: unzip table.csv' 'PK\003\004abc'
refused 'a spreadsheet .*libreoffice --headless --convert-to csv table.csv' 'PK\003\004....[Content_Types].xml'
refused 'a spreadsheet of Excel 97' '\320\317\021\340'
refused 'a web page' '\n<!doctype html><p>1,2'
refused 'a Parquet file.*read_parquet' 'PAR1\025\004'
refused 'a bzip2 file.*bunzip2 -k table.csv' 'BZh91AY'
refused 'an xz file.*xz -dk table.csv' '\3757zXZ\000'
refused 'a zstd file' '\050\265\057\375a'
refused 'an NPY array' '\223NUMPY'
refused 'an HDF5 file' '\211HDF\r\n'
refused 'an IDX file' '\000\000\010\003\000\000'
refused 'a JSON text' '{"a": 1}'
refused 'only the pointer of Git LFS' 'version https://git-lfs.github.com/spec/v1\n'

[ -e failures.txt ] || echo "hints: all lead on"
[ ! -e failures.txt ]

# Writes the Makefile with which build-with-mpi compiles an unpacked bundle: who has no root often has no CMake either.
# Which files and which options, CMake has said already: they are read from its compile_commands.json.
#   cmake -D COMMANDS=FILE -D SOURCE=FOLDER -D MAKEFILE=FILE -P makefile.cmake
cmake_minimum_required(VERSION 3.21)

file(READ ${COMMANDS} commands)
string(JSON count LENGTH ${commands})
math(EXPR last "${count} - 1")

set(objects "")
set(rules "")
foreach(i RANGE ${last})
  string(JSON file GET ${commands} ${i} file)
  string(JSON command GET ${commands} ${i} command)
  file(RELATIVE_PATH file ${SOURCE} ${file})
  if(NOT file MATCHES "^src/")
    continue()
  endif()
  if(NOT command MATCHES "^[^ ]+ (.*) -o [^ ]+ -c [^ ]+$")
    message(FATAL_ERROR "makefile.cmake: expected \"COMPILER OPTIONS -o OBJECT -c SOURCE\", found: ${command}")
  endif()
  set(options ${CMAKE_MATCH_1})
  string(REGEX REPLACE "(^| )(-I|-isystem |-ffile-prefix-map=)/[^ ]*" "" options ${options})
  set(object ${file})
  if(options MATCHES "ISA_SUFFIX=(_[a-z0-9]+)")
    string(APPEND object ${CMAKE_MATCH_1})
  endif()
  string(REGEX REPLACE "/" "-" object ${object})
  string(APPEND objects " \\\n  objects/${object}.o")
  string(APPEND rules "\nobjects/${object}.o: ${file}\n\t$(CC) ${options} -Isrc -isystem include -o $@ -c ${file}\n")
endforeach()

file(WRITE ${MAKEFILE} "# Made by scripts/bundle from the options that CMake gives; build-with-mpi beside this folder sets what is not set here.
objects =${objects}

compiled: $(objects)

actsearch: $(objects)
\t$(CC) -fopenmp -o $@ $(objects) $(LIBRARIES) -lm -lpthread
${rules}")

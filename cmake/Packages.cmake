# What the build needs: CMake's variable that says it is here, its name for people, Debian's and Ubuntu's package, and
# the command that installs it.
set(ACTSEARCH_NEEDS
  "ACTSEARCH_COMPILER|a C compiler|gcc|scripts/setup"
  "ACTSEARCH_NINJA|Ninja|ninja-build|scripts/setup"
  "Threads_FOUND|POSIX threads|libc6-dev|scripts/setup"
  "OpenMP_C_FOUND|OpenMP|gcc, or for clang libomp-dev|scripts/setup --tests"
  "SQLite3_FOUND|SQLite 3|libsqlite3-dev|scripts/setup"
  "ZLIB_FOUND|zlib|zlib1g-dev|scripts/setup"
  "CJSON_FOUND|cJSON|libcjson-dev|scripts/setup"
  "DNNL_FOUND|oneDNN|libdnnl-dev|scripts/setup"
  "PKG_CONFIG_FOUND|pkg-config, for the tests|pkg-config|scripts/setup --tests"
  "CHECK_FOUND|Check, for the tests (-DACTSEARCH_TESTS=OFF does without)|check|scripts/setup --tests")

# actsearch_need(VARIABLE...): ends the configuration when one of them is not true, and names all that are not.
function(actsearch_need)
  set(missing "")
  set(command "scripts/setup")
  foreach(row IN LISTS ACTSEARCH_NEEDS)
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 variable)
    if(variable IN_LIST ARGN AND NOT ${variable})
      list(GET row 1 name)
      list(GET row 2 package)
      string(APPEND missing "  ${name}: package ${package}\n")
      list(GET row 3 needed)
      if(needed MATCHES tests)
        set(command "${needed}")
      endif()
    endif()
  endforeach()
  if(missing)
    message(FATAL_ERROR "not found here (packages of Debian and Ubuntu):\n${missing}`${command}` installs what is missing.")
  endif()
endfunction()

# Before project(), which would stop with less to say.
find_program(ACTSEARCH_COMPILER NAMES $ENV{CC} ${CMAKE_C_COMPILER} cc gcc clang)
if(CMAKE_GENERATOR MATCHES Ninja)
  find_program(ACTSEARCH_NINJA NAMES ${CMAKE_MAKE_PROGRAM} ninja ninja-build samu)
else()
  set(ACTSEARCH_NINJA "not asked for")
endif()
mark_as_advanced(ACTSEARCH_COMPILER ACTSEARCH_NINJA)
actsearch_need(ACTSEARCH_COMPILER ACTSEARCH_NINJA)

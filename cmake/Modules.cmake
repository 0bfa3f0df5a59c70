# One static library a module, linked as src/layers.txt says.
#
# Sources called *_isa.c are compiled once for each instruction level of base/isa.h, with
# ISA_SUFFIX naming the level's functions.

set(layers ${CMAKE_CURRENT_SOURCE_DIR}/src/layers.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${layers})
set(ACTSEARCH_MODULES "")
file(STRINGS ${layers} lines REGEX "^[0-9]")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^[0-9]+ ([a-z]+):(.*)$" matched "${line}")
  set(module ${CMAKE_MATCH_1})
  separate_arguments(ACTSEARCH_USES_${module} UNIX_COMMAND "${CMAKE_MATCH_2}")
  list(APPEND ACTSEARCH_MODULES ${module})
endforeach()

add_library(actsearch_options INTERFACE)
target_include_directories(actsearch_options INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_compile_definitions(actsearch_options INTERFACE _GNU_SOURCE ACTSEARCH_VERSION="${PROJECT_VERSION}")
target_compile_options(actsearch_options INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Wvla
  $<$<BOOL:${ACTSEARCH_WERROR}>:-Werror>
  # Results must not depend on what the compiler likes to contract; kernels say fma where they mean it.
  -ffp-contract=off)
target_link_libraries(actsearch_options INTERFACE m)
if(ACTSEARCH_SANITIZE)
  target_compile_options(actsearch_options INTERFACE -fsanitize=${ACTSEARCH_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(actsearch_options INTERFACE -fsanitize=${ACTSEARCH_SANITIZE})
  if(CMAKE_C_COMPILER_ID MATCHES Clang)
    # gcc says by itself which sanitizer it is; clang warns of loops that it cannot vectorise under one.
    foreach(sanitizer address thread)
      string(TOUPPER ${sanitizer} name)
      if(ACTSEARCH_SANITIZE MATCHES ${sanitizer})
        target_compile_definitions(actsearch_options INTERFACE __SANITIZE_${name}__=1)
      endif()
    endforeach()
    target_compile_options(actsearch_options INTERFACE -Wno-pass-failed)
  endif()
endif()

set(ACTSEARCH_LEVELS portable)
set(ACTSEARCH_LEVEL_FLAGS_portable "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND ACTSEARCH_LEVELS v3 v4)
  set(ACTSEARCH_LEVEL_FLAGS_v3 -march=x86-64-v3)
  set(ACTSEARCH_LEVEL_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512)
endif()
# Vectorising needs neither errno nor floating-point traps; NaN, infinities and signed zeros stay exact.
set(ACTSEARCH_VECTOR_FLAGS -O3 -fno-math-errno -fno-trapping-math -fopenmp-simd)

function(actsearch_module module)
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/src/${module})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
  set(vector_sources ${sources})
  list(FILTER vector_sources INCLUDE REGEX "_isa\\.c$")
  list(FILTER sources EXCLUDE REGEX "(_isa|/main)\\.c$")
  if(ACTSEARCH_LEFT_OUT_${module})
    list(FILTER sources EXCLUDE REGEX "${ACTSEARCH_LEFT_OUT_${module}}")
  endif()
  foreach(level IN LISTS ACTSEARCH_LEVELS)
    if(vector_sources)
      set(part actsearch_${module}_${level})
      add_library(${part} OBJECT ${vector_sources})
      target_link_libraries(${part} PRIVATE actsearch_options)
      target_compile_definitions(${part} PRIVATE ISA_SUFFIX=_${level})
      target_compile_options(${part} PRIVATE ${ACTSEARCH_VECTOR_FLAGS} ${ACTSEARCH_LEVEL_FLAGS_${level}})
      list(APPEND sources $<TARGET_OBJECTS:${part}>)
    endif()
  endforeach()
  add_library(actsearch_${module} STATIC ${sources})
  set_target_properties(actsearch_${module} PROPERTIES LINKER_LANGUAGE C)
  target_link_libraries(actsearch_${module} PUBLIC actsearch_options)
  foreach(used IN LISTS ACTSEARCH_USES_${module})
    target_link_libraries(actsearch_${module} PUBLIC actsearch_${used})
  endforeach()
  target_link_libraries(actsearch_${module} PRIVATE ${ACTSEARCH_LIBRARIES_${module}})
endfunction()

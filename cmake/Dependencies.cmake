# The libraries that actsearch stands on. Debian: scripts/setup installs them.
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)

find_path(CJSON_INCLUDE_DIR cjson/cJSON.h REQUIRED)
find_library(CJSON_LIBRARY cjson REQUIRED)
add_library(actsearch_cjson INTERFACE)
target_include_directories(actsearch_cjson SYSTEM INTERFACE ${CJSON_INCLUDE_DIR})
target_link_libraries(actsearch_cjson INTERFACE ${CJSON_LIBRARY})

# Debian's dnnl-config.cmake asks for OpenCL headers that its package does not need here.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.h REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(actsearch_dnnl INTERFACE)
target_include_directories(actsearch_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE_DIR})
target_link_libraries(actsearch_dnnl INTERFACE ${DNNL_LIBRARY})

# Without an MPI the program runs on one machine; src/mpi/alone.c stands in for the rest of that module.
option(ACTSEARCH_MPI "Use MPI, if there is one" ON)
if(ACTSEARCH_MPI)
  find_package(MPI COMPONENTS C)
endif()
if(MPI_C_FOUND)
  set(ACTSEARCH_LEFT_OUT_mpi "/alone\\.c$")
  set(ACTSEARCH_LIBRARIES_mpi MPI::MPI_C)
else()
  set(ACTSEARCH_LEFT_OUT_mpi "/(team|post|crew|chief|data)\\.c$")
endif()

# Which module uses which library; nothing else may.
set(ACTSEARCH_LIBRARIES_base actsearch_cjson)
set(ACTSEARCH_LIBRARIES_store SQLite::SQLite3 Threads::Threads)
set(ACTSEARCH_LIBRARIES_data ZLIB::ZLIB)
set(ACTSEARCH_LIBRARIES_nn actsearch_dnnl OpenMP::OpenMP_C)
set(ACTSEARCH_LIBRARIES_executor OpenMP::OpenMP_C Threads::Threads)

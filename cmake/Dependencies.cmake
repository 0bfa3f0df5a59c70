# The libraries that actsearch stands on; what is missing is named all at once, with the packages.
foreach(library Threads SQLite3 ZLIB CJSON DNNL)
  find_package(${library})
endforeach()
find_package(OpenMP COMPONENTS C)
actsearch_need(Threads_FOUND OpenMP_C_FOUND SQLite3_FOUND ZLIB_FOUND CJSON_FOUND DNNL_FOUND)

# The two C interfaces of oneDNN (src/nn/onednn_internal.h).
if(DNNL_VERSION VERSION_LESS 2.5 OR DNNL_VERSION VERSION_GREATER_EQUAL 4)
  message(FATAL_ERROR "oneDNN ${DNNL_VERSION} is here (${DNNL_INCLUDE_DIR}); actsearch knows 2.5 to 3. -DDNNL_INCLUDE_DIR= "
          "and -DDNNL_LIBRARY= name another one.")
endif()
set(ACTSEARCH_LEFT_OUT_nn "/onednn_[^${DNNL_VERSION_MAJOR}]\\.c$")

# Without an MPI the program runs on one machine; src/mpi/alone.c stands in for the rest of that module.
set(ACTSEARCH_MPI ON CACHE STRING "ON: use MPI, if there is one; OFF; compiler: the C compiler brings it, as mpicc does")
if(ACTSEARCH_MPI STREQUAL compiler)
  set(MPI_C_FOUND TRUE)
elseif(ACTSEARCH_MPI)
  find_package(MPI COMPONENTS C)
  set(ACTSEARCH_LIBRARIES_mpi MPI::MPI_C)
endif()
if(MPI_C_FOUND)
  set(ACTSEARCH_LEFT_OUT_mpi "/alone\\.c$")
else()
  set(ACTSEARCH_LIBRARIES_mpi "")
  if(ACTSEARCH_MPI)
    message(STATUS "Without MPI, for one machine (packages libopenmpi-dev and openmpi-bin; `scripts/setup` installs them)")
  endif()
  set(ACTSEARCH_KEPT_mpi "/(alone|launch)\\.c$")
endif()

# Which module uses which library; nothing else may.
set(ACTSEARCH_LIBRARIES_base actsearch_cjson)
set(ACTSEARCH_LIBRARIES_store SQLite::SQLite3 Threads::Threads)
set(ACTSEARCH_LIBRARIES_data ZLIB::ZLIB)
set(ACTSEARCH_LIBRARIES_nn actsearch_dnnl OpenMP::OpenMP_C)
set(ACTSEARCH_LIBRARIES_executor OpenMP::OpenMP_C Threads::Threads)

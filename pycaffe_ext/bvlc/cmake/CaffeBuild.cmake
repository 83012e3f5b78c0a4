# Caffe's own CMake project, built out of its source with our header before every file, and installed.

include(ExternalProject)

set(_tests ${CAFFE_TESTS})
if(_tests STREQUAL "all")
  set(_tests "")
endif()
set(_python_root ${CMAKE_INSTALL_PREFIX}/python)
# The source is not ours to mend: no warnings, and none of Boost's messages
set(_flags "-include ${BVLC}/compat/caffe_today.hpp -w -DBOOST_ALLOW_DEPRECATED_HEADERS -DBOOST_BIND_GLOBAL_PLACEHOLDERS")

ExternalProject_Add(
  caffe
  PREFIX ${CMAKE_BINARY_DIR}/bvlc
  ${SOURCE_SETTINGS}
  CMAKE_CACHE_ARGS
    -DCMAKE_POLICY_VERSION_MINIMUM:STRING=3.5
    -DCMAKE_BUILD_TYPE:STRING=${CMAKE_BUILD_TYPE}
    -DCMAKE_INSTALL_PREFIX:PATH=${CMAKE_INSTALL_PREFIX}
    -DCMAKE_INSTALL_LIBDIR:STRING=lib
    -DCMAKE_C_COMPILER:FILEPATH=${CMAKE_C_COMPILER}
    -DCMAKE_CXX_COMPILER:FILEPATH=${CMAKE_CXX_COMPILER}
    -DCMAKE_CXX_COMPILER_LAUNCHER:STRING=${CMAKE_CXX_COMPILER_LAUNCHER}
    "-DCMAKE_CXX_FLAGS:STRING=${CMAKE_CXX_FLAGS} ${_flags} ${CUDA_CXX_FLAGS}"
    # without windows (OpenCV's highgui, which Caffe names and does not use) and the like
    "-DCMAKE_SHARED_LINKER_FLAGS:STRING=${CMAKE_SHARED_LINKER_FLAGS} -Wl,--as-needed"
    "-DCMAKE_EXE_LINKER_FLAGS:STRING=${CMAKE_EXE_LINKER_FLAGS} -Wl,--as-needed"
    -DCPU_ONLY:BOOL=${CPU_ONLY}
    -DUSE_CUDNN:BOOL=${USE_CUDNN}
    -DUSE_NCCL:BOOL=${USE_NCCL}
    -DUSE_OPENCV:BOOL=${USE_OPENCV}
    -DUSE_LMDB:BOOL=${USE_LMDB}
    -DUSE_LEVELDB:BOOL=${USE_LEVELDB}
    -DUSE_HDF5:BOOL=${USE_HDF5}
    -DBLAS:STRING=${BLAS}
    -DBUILD_docs:BOOL=OFF
    -DBUILD_matlab:BOOL=OFF
    -DBUILD_only_tests:STRING=${_tests}
    -Dpython_version:STRING=3
    -DPYTHON_EXECUTABLE:FILEPATH=${Python3_EXECUTABLE}
    -DPYTHON_INCLUDE_DIR:PATH=${PYTHON_INCLUDE}
    -DPYTHON_LIBRARY:FILEPATH=${PYTHON_SHARED_LIBRARY}
    -DBoost_NO_BOOST_CMAKE:BOOL=ON
    -DBoost_PYTHON_LIBRARY_RELEASE:FILEPATH=${BOOST_PYTHON_LIBRARY}
    ${CUDA_SETTINGS}
  BUILD_COMMAND ${CMAKE_COMMAND} --build <BINARY_DIR> --parallel ${CAFFE_JOBS}
  USES_TERMINAL_BUILD TRUE
  LOG_CONFIGURE TRUE
  LOG_INSTALL TRUE
  LOG_OUTPUT_ON_FAILURE TRUE)

# Beside it: a Python that finds pycaffe whatever the environment (for --caffe-python), and who tells about GPUs
configure_file(${CMAKE_CURRENT_LIST_DIR}/caffe-python.in ${CMAKE_BINARY_DIR}/own/bin/caffe-python @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/caffe-build.json.in ${CMAKE_BINARY_DIR}/own/caffe-build.json @ONLY)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/caffe-doctor DESTINATION ${CMAKE_BINARY_DIR}/own/bin)
file(CHMOD ${CMAKE_BINARY_DIR}/own/bin/caffe-python
     PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
ExternalProject_Add_Step(
  caffe own
  COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_BINARY_DIR}/own ${CMAKE_INSTALL_PREFIX}
  DEPENDEES install
  ALWAYS TRUE)
message(STATUS "Caffe goes to ${CMAKE_INSTALL_PREFIX}; its Python: ${CMAKE_INSTALL_PREFIX}/bin/caffe-python")

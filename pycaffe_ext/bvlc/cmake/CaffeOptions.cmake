# What can be chosen; names and meanings as in Caffe's own build where it has them.

set(CAFFE_SOURCE "git" CACHE STRING "git, or the path or URL of a tarball that has CAFFE_SHA256")

option(CPU_ONLY "Without CUDA" OFF)
set(CMAKE_CUDA_ARCHITECTURES "" CACHE STRING "E.g. 61;86; empty: all that nvcc knows from Pascal on, and PTX")
set(CUDA_TOOLKIT_ROOT_DIR "" CACHE PATH "The CUDA toolkit; empty: where nvcc on the PATH belongs to")
option(USE_CUDNN "With cuDNN, 8 or 9" ON)
set(CUDNN_ROOT "" CACHE PATH "A folder with cuDNN's include/ and lib/, where the toolkit does not hold them")
option(USE_NCCL "With NCCL, for several GPUs" OFF)
set(NCCL_ROOT "" CACHE PATH "A folder with NCCL's include/ and lib/, where the toolkit does not hold them")

set(BLAS "open" CACHE STRING "open, atlas or mkl")
set_property(CACHE BLAS PROPERTY STRINGS open atlas mkl)
option(USE_OPENCV "Image layers and tools" ON)
option(USE_LMDB "LMDB" ON)
option(USE_LEVELDB "LevelDB" ON)
option(USE_HDF5 "HDF5 snapshots and layers" ON)

set(CAFFE_TESTS
    "blob,net,convolution_layer,pooling_layer,lrn_layer,softmax_layer,softmax_with_loss_layer,batch_norm_layer,inner_product_layer,gradient_based_solver,math_functions,io,db"
    CACHE STRING "Which of Caffe's C++ tests ctest builds and runs; 'all' for all")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX ${CMAKE_BINARY_DIR}/caffe CACHE PATH "Where Caffe is installed" FORCE)
endif()
cmake_host_system_information(RESULT _cores QUERY NUMBER_OF_LOGICAL_CORES)
set(CAFFE_JOBS ${_cores} CACHE STRING "How many compilers run at a time")

string(TOLOWER "${BLAS}" BLAS)
if(NOT BLAS MATCHES "^(open|atlas|mkl)$")
  message(FATAL_ERROR "BLAS=${BLAS}: open, atlas or mkl")
endif()

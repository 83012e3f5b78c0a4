# ctest: the chosen part of Caffe's C++ tests, pycaffe's own tests, and what pycaffe's tests leave out.

enable_testing()
ExternalProject_Get_Property(caffe SOURCE_DIR BINARY_DIR)

add_test(NAME build_tests COMMAND ${CMAKE_COMMAND} --build ${BINARY_DIR} --target test.testbin --parallel ${CAFFE_JOBS})
set_tests_properties(build_tests PROPERTIES FIXTURES_SETUP testbin)

set(_filter "*")
if(CPU_ONLY)
  set(_filter "-*GPU*")
endif()
add_test(NAME caffe_tests COMMAND ${BINARY_DIR}/test/test.testbin --gtest_filter=${_filter} WORKING_DIRECTORY ${SOURCE_DIR})
set_tests_properties(caffe_tests PROPERTIES FIXTURES_REQUIRED testbin)

find_program(DOT dot)
mark_as_advanced(DOT)
if(NOT DOT)
  message(WARNING "dot is missing, without which pycaffe draws no nets and one of its own tests fails. On Debian or "
                  "Ubuntu:\n  apt-get install graphviz\n")
endif()
set(_python ${CMAKE_INSTALL_PREFIX}/bin/caffe-python)
add_test(NAME pycaffe_tests
         COMMAND ${_python} -m unittest discover -v -s ${SOURCE_DIR}/python/caffe/test -t ${SOURCE_DIR}/python/caffe/test)
add_test(NAME pycaffe_today COMMAND ${_python} ${CMAKE_CURRENT_LIST_DIR}/pycaffe_today.py)
set_tests_properties(pycaffe_tests pycaffe_today PROPERTIES ENVIRONMENT GLOG_minloglevel=2)

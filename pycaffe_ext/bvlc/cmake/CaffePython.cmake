# The Python that pycaffe is built for: Python3_EXECUTABLE where it is given, else that of an active virtual
# environment, else a new one of the pinned wheels in requirements.txt, under the prefix.

if(NOT Python3_EXECUTABLE AND DEFINED ENV{VIRTUAL_ENV})
  set(Python3_EXECUTABLE $ENV{VIRTUAL_ENV}/bin/python)
endif()
if(NOT Python3_EXECUTABLE)
  set(Python3_EXECUTABLE ${CMAKE_INSTALL_PREFIX}/venv/bin/python)
  if(NOT EXISTS ${CMAKE_INSTALL_PREFIX}/venv/.complete)
    find_program(SYSTEM_PYTHON python3 REQUIRED)
    mark_as_advanced(SYSTEM_PYTHON)
    message(STATUS "Making ${CMAKE_INSTALL_PREFIX}/venv with ${SYSTEM_PYTHON}: NumPy and what else pycaffe imports")
    execute_process(COMMAND ${SYSTEM_PYTHON} -m venv --clear ${CMAKE_INSTALL_PREFIX}/venv RESULT_VARIABLE _status)
    if(NOT _status EQUAL 0)
      message(FATAL_ERROR "${SYSTEM_PYTHON} cannot make a virtual environment. On Debian or Ubuntu:\n"
                          "  apt-get install python3-venv\n")
    endif()
    execute_process(COMMAND ${Python3_EXECUTABLE} -m pip install --quiet --require-hashes --only-binary=:all:
                            -r ${CMAKE_CURRENT_LIST_DIR}/requirements.txt
                    RESULT_VARIABLE _status)
    if(NOT _status EQUAL 0)
      message(FATAL_ERROR "pip could not install the wheels of ${CMAKE_CURRENT_LIST_DIR}/requirements.txt; "
                          "a Python that has them can be named: -DPython3_EXECUTABLE=PATH")
    endif()
    file(TOUCH ${CMAKE_INSTALL_PREFIX}/venv/.complete)
  endif()
endif()

execute_process(
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/python_facts.py
  RESULT_VARIABLE _status OUTPUT_VARIABLE _facts ERROR_VARIABLE _error OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT _status EQUAL 0)
  string(STRIP "${_error}" _error)
  message(FATAL_ERROR "${Python3_EXECUTABLE}: ${_error}\n")
endif()
list(GET _facts 0 PYTHON_VERSION)
list(GET _facts 1 PYTHON_INCLUDE)
list(GET _facts 2 PYTHON_SHARED_LIBRARY)
list(GET _facts 3 NUMPY_VERSION)
if(NOT EXISTS ${PYTHON_INCLUDE}/Python.h)
  message(FATAL_ERROR "The headers of Python ${PYTHON_VERSION} are missing. On Debian or Ubuntu:\n"
                      "  apt-get install python${PYTHON_VERSION}-dev\n")
endif()
# A Python that holds its library in itself: Caffe's programs need one of the same version (same ABI) beside it.
if(NOT PYTHON_SHARED_LIBRARY)
  find_library(PYTHON_SHARED_LIBRARY_${PYTHON_VERSION} NAMES libpython${PYTHON_VERSION}.so)
  mark_as_advanced(PYTHON_SHARED_LIBRARY_${PYTHON_VERSION})
  set(PYTHON_SHARED_LIBRARY ${PYTHON_SHARED_LIBRARY_${PYTHON_VERSION}})
endif()
if(NOT PYTHON_SHARED_LIBRARY)
  message(FATAL_ERROR "libpython${PYTHON_VERSION}.so is missing. On Debian or Ubuntu:\n"
                      "  apt-get install libpython${PYTHON_VERSION}-dev\n")
endif()

string(REPLACE "." "" _version ${PYTHON_VERSION})
find_library(BOOST_PYTHON_${_version} NAMES boost_python${_version} boost_python-py${_version})
mark_as_advanced(BOOST_PYTHON_${_version})
if(NOT BOOST_PYTHON_${_version})
  message(FATAL_ERROR "Boost.Python for Python ${PYTHON_VERSION} is missing. On Debian or Ubuntu, which have it for "
                      "their own python3:\n  apt-get install libboost-python-dev\n")
endif()
set(BOOST_PYTHON_LIBRARY ${BOOST_PYTHON_${_version}})
message(STATUS "Python ${PYTHON_VERSION}, NumPy ${NUMPY_VERSION} (${Python3_EXECUTABLE})")

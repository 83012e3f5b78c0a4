// pycaffe's Python files, and scripts written for it, use names that NumPy 2 and scikit-image have dropped: they come
// back when pycaffe's C++ half is loaded, which is before any other part of pycaffe runs.
#ifndef PYCAFFE_EXT_NUMPY_HPP_
#define PYCAFFE_EXT_NUMPY_HPP_

#include <Python.h>

namespace pycaffe_ext {

// numpy.fromstring of bytes (NumPy 2.3 raises) gives a copy that can be written to, as it did;
// skimage.io.imread's as_grey is as_gray today.
inline constexpr const char kOldNames[] = R"(
def _bring_back():
    import numpy

    fromstring = numpy.fromstring

    def fromstring_too(string, dtype=float, count=-1, *, sep="", **options):
        if sep == "" and not isinstance(string, str):
            return numpy.frombuffer(string, dtype, count).copy()
        return fromstring(string, dtype, count, sep=sep, **options)

    numpy.fromstring = fromstring_too

    import skimage.io

    imread = skimage.io.imread

    def imread_too(fname, as_gray=False, *arguments, **options):
        return imread(fname, options.pop("as_grey", as_gray), *arguments, **options)

    skimage.io.imread = imread_too

_bring_back()
)";

// ndarray is a type of C: Python cannot give its method tostring back (gone since NumPy 2.3), its dictionary can.
inline void bring_back_tostring() {
  PyObject* numpy = PyImport_ImportModule("numpy");
  PyObject* found = numpy ? PyObject_GetAttrString(numpy, "ndarray") : nullptr;
  PyObject* tobytes = found ? PyObject_GetAttrString(found, "tobytes") : nullptr;
  if (tobytes && !PyObject_HasAttrString(found, "tostring")) {
    PyTypeObject* ndarray = reinterpret_cast<PyTypeObject*>(found);
    PyDict_SetItemString(ndarray->tp_dict, "tostring", tobytes);
    PyType_Modified(ndarray);
  }
  Py_XDECREF(tobytes);
  Py_XDECREF(found);
  Py_XDECREF(numpy);
}

inline void bring_back_old_names() {
  bring_back_tostring();
  PyObject* names = PyDict_New();
  PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins());
  PyObject* done = PyRun_String(kOldNames, Py_file_input, names, names);
  Py_XDECREF(done);
  Py_DECREF(names);
  PyErr_Clear();  // without these names pycaffe is what it was: its own imports say what is missing
}

// Runs as the library is loaded, by an interpreter that is importing it and so holds its lock.
inline const bool kOldNamesAreBack = (bring_back_old_names(), true);

}  // namespace pycaffe_ext

#endif

"""Names that were removed, and what stands for each. Data only.

NAMES: module -> home -> names, with spaces between; ``name=other`` where the home calls it otherwise. A home that begins with ``=`` is a file of
this package; the name ``*`` stands for whatever public name the home has; ``name=`` for the home itself. Only what a module lacks is supplied.
MADE: those of these modules that are made where they do not exist (any more). SAME: modules that are another one by now.
METHODS: the same for attributes of classes. CHANGED: functions that are there and take less than they did; =-files have what takes both.
PYTHON2_...: the same, for Python 2.
"""

from __future__ import annotations

__all__ = ["CHANGED", "MADE", "METHODS", "NAMES", "PYTHON2_CHANGED", "PYTHON2_MADE", "PYTHON2_NAMES", "PYTHON2_SAME", "SAME", "Names"]

Names = dict[str, dict[str, str]]

_IMAGES = "bytescale fromimage imread imresize imrotate imsave imshow toimage"
_MISC = {"=images": _IMAGES, "=science": "central_diff_weights derivative", "scipy.special": "comb factorial factorial2 factorialk logsumexp",
         "scipy.interpolate": "pade", "scipy.datasets": "ascent electrocardiogram face"}
_SELECTION = {"sklearn.model_selection": "cross_val_predict cross_val_score permutation_test_score train_test_split check_cv",
              "=folds": "KFold LeaveOneOut ShuffleSplit StratifiedKFold StratifiedShuffleSplit"}

NAMES: Names = {
    # Python
    "base64": {"base64": "decodestring=decodebytes encodestring=encodebytes"},
    "cgi": {"=words": "escape"},
    "collections": {"collections.abc": """Awaitable Coroutine AsyncIterable AsyncIterator AsyncGenerator Hashable Iterable Iterator Generator
        Reversible Sized Container Callable Collection Set MutableSet Mapping MutableMapping MappingView KeysView ItemsView ValuesView Sequence
        MutableSequence ByteString"""},
    "configparser": {"configparser": "SafeConfigParser=ConfigParser"},
    "distutils": {},
    "distutils.core": {"setuptools": "setup Extension Command Distribution"},
    "distutils.dir_util": {"=words": "copy_tree mkpath", "shutil": "remove_tree=rmtree"},
    "distutils.extension": {"setuptools": "Extension"},
    "distutils.file_util": {"shutil": "copy_file=copy move_file=move"},
    "distutils.spawn": {"shutil": "find_executable=which"},
    "distutils.sysconfig": {"sysconfig": "get_config_var get_config_vars", "=words": "get_python_inc get_python_lib"},
    "distutils.util": {"=words": "strtobool", "sysconfig": "get_platform"},
    "distutils.version": {"=words": "LooseVersion StrictVersion=LooseVersion"},
    "fractions": {"=words": "gcd"},
    "imp": {"importlib": "reload", "=words": "find_module load_module load_source get_suffixes PY_SOURCE C_EXTENSION PKG_DIRECTORY",
            "types": "new_module=ModuleType"},
    "inspect": {"=words": "getargspec ArgSpec"},
    "locale": {"locale": "format=format_string"},
    "os": {"errno": "errno="},
    "pipes": {"shlex": "quote"},
    "platform": {"=words": "dist=linux_distribution linux_distribution"},
    "sys": {"=words": "getcheckinterval setcheckinterval"},
    "time": {"time": "clock=process_time"},
    "urllib": {"urllib.error": "error=", "urllib.parse": "parse=", "urllib.request": "request="},  # which `six.moves.urllib` loaded when asked
    # numpy
    "numpy": {
        "builtins": "bool complex float int long=int object str unicode=str",
        "math": "math=", "os": "os=", "sys": "sys=", "warnings": "warnings=",
        "numpy.exceptions": "AxisError ComplexWarning ModuleDeprecationWarning RankWarning TooHardError VisibleDeprecationWarning",
        "numpy": """Inf=inf Infinity=inf NAN=nan NaN=nan bytes0=bytes_ PINF=inf infty=inf alltrue=all sometrue=any typeDict=sctypeDict bool8=bool_
            complex_=complex128 cfloat=complex128
            cumproduct=cumprod product=prod float_=float64 int0=intp uint0=uintp object0=object_ round_=round row_stack=vstack singlecomplex=complex64
            str0=str_ string_=bytes_ trapz=trapezoid unicode_=str_ void0=void longfloat=longdouble longcomplex=clongdouble clongfloat=clongdouble
            rank=ndim mat=asmatrix""",
        "numpy.lib.npyio": "DataSource",
        "=arrays": """NINF NZERO PZERO alen asfarray asscalar byte_bounds cast disp deprecate fastCopyAndTranspose find_common_type
            in1d issctype issubclass_ issubsctype loads maximum_sctype msort nbytes obj2sctype recfromcsv recfromtxt
            safe_eval sctype2char sctypes set_string_function who""",
        "numpy.lib": "add_docstring add_newdoc", "numpy.rec": "format_parser", "numpy.char": "compare_chararrays", "inspect": "source=getsource",
    },
    "numpy.fft": {"numpy.fft": "fftpack="},
    "numpy.lib": {"numpy": "pad"},
    "numpy.linalg": {"numpy.linalg": "linalg="},
    "numpy.testing": {"numpy.random": "rand", "numpy.testing": "utils=", "=arrays": "NoseTester=Tester Tester"},
    # scipy, scikit-learn
    "scipy": {"numpy": "*", "numpy.fft": "ifft", "numpy.random": "rand randn", "scipy.special": "comb factorial"},
    "scipy.integrate": {"=science": "cumtrapz simps trapz"},
    "scipy.linalg": {"numpy": "tri tril triu", "scipy.linalg": "pinv2=pinv"},
    "scipy.misc": _MISC, "scipy.misc.common": _MISC, "scipy.misc.pilutil": {"=images": _IMAGES},
    "scipy.ndimage": {"=images": "imread"},
    "scipy.signal": {"scipy.signal.windows": """barthann bartlett blackman blackmanharris bohman boxcar chebwin cosine exponential flattop gaussian
        general_gaussian hamming hann hanning=hann kaiser nuttall parzen triang tukey"""},
    "scipy.spatial.distance": {"scipy.spatial.distance": "matching=hamming"},
    "scipy.special": {"=science": "sph_harm"},
    "scipy.stats": {"=science": "binom_test chisqprob itemfreq median_absolute_deviation nanstd", "numpy": "nanmean nanmedian"},
    "sklearn.cross_validation": _SELECTION,
    "sklearn.decomposition": {"sklearn.decomposition": "RandomizedPCA=PCA"},
    "sklearn.externals": {},
    "sklearn.grid_search": {"sklearn.model_selection": "GridSearchCV ParameterGrid ParameterSampler RandomizedSearchCV"},
    "sklearn.lda": {"sklearn.discriminant_analysis": "LDA=LinearDiscriminantAnalysis"},
    "sklearn.learning_curve": {"sklearn.model_selection": "learning_curve validation_curve"},
    "sklearn.qda": {"sklearn.discriminant_analysis": "QDA=QuadraticDiscriminantAnalysis"},
    # six
    "six": {"=sixes": "*"},
    "six.moves": {
        "builtins": "builtins= filter input map range xrange=range zip", "pickle": "cPickle=", "queue": "queue=", "configparser": "configparser=",
        "copyreg": "copyreg=", "urllib": "urllib=", "socketserver": "socketserver=", "functools": "reduce", "io": "StringIO cStringIO=StringIO",
        "itertools": "filterfalse zip_longest", "importlib": "reload_module=reload", "sys": "intern", "os": "getcwd getcwdu=getcwd getcwdb",
        "shlex": "shlex_quote=quote", "collections": "UserDict UserList UserString", "http.client": "http_client=", "http.cookies": "http_cookies=",
        "http.cookiejar": "http_cookiejar=", "html.parser": "html_parser=", "html.entities": "html_entities=", "xmlrpc.client": "xmlrpc_client=",
        "http.server": "BaseHTTPServer= SimpleHTTPServer= CGIHTTPServer=", "_thread": "_thread=", "tkinter": "tkinter=",
        "subprocess": "getoutput", "reprlib": "reprlib=",
    },
}

MADE = frozenset("""cgi distutils distutils.core distutils.dir_util distutils.extension distutils.file_util distutils.spawn distutils.sysconfig
    distutils.util distutils.version imp pipes scipy.misc scipy.misc.common scipy.misc.pilutil six six.moves sklearn.cross_validation
    sklearn.externals sklearn.grid_search sklearn.lda sklearn.learning_curve sklearn.qda""".split())

SAME = {
    "numpy.fft.fftpack": "numpy.fft", "numpy.lib.arraysetops": "numpy", "numpy.linalg.linalg": "numpy.linalg", "numpy.testing.utils": "numpy.testing",
    "numpy.core.umath_tests": "numpy._core._umath_tests",
    "numpy.lib.function_base": "numpy", "numpy.lib.index_tricks": "numpy", "numpy.lib.shape_base": "numpy", "numpy.lib.twodim_base": "numpy",
    "sklearn.cluster.k_means_": "sklearn.cluster", "sklearn.datasets.base": "sklearn.datasets",
    "sklearn.datasets.samples_generator": "sklearn.datasets",
    "sklearn.decomposition.pca": "sklearn.decomposition", "sklearn.ensemble.forest": "sklearn.ensemble", "sklearn.metrics.metrics": "sklearn.metrics",
    "sklearn.linear_model.logistic": "sklearn.linear_model", "sklearn.metrics.scorer": "sklearn.metrics", "sklearn.tree.tree": "sklearn.tree",
    "six.moves.cPickle": "pickle", "six.moves.configparser": "configparser", "six.moves.queue": "queue", "six.moves.urllib": "urllib",
    "six.moves.urllib.error": "urllib.error", "six.moves.urllib.parse": "urllib.parse", "six.moves.urllib.request": "urllib.request",
    "six.moves.builtins": "builtins", "six.moves.http_client": "http.client",
    "sklearn.externals.joblib": "joblib", "sklearn.externals.six": "six", "sklearn.externals.six.moves": "six.moves",
    "xml.etree.cElementTree": "xml.etree.ElementTree",
}

METHODS: dict[str, dict[str, str]] = {
    "threading": {"Thread": "isAlive=is_alive"},
    "configparser": {"RawConfigParser": "readfp=read_file"},
    "unittest": {"TestCase": """assertEquals=assertEqual assertNotEquals=assertNotEqual assert_=assertTrue assertAlmostEquals=assertAlmostEqual
        assertRaisesRegexp=assertRaisesRegex assertRegexpMatches=assertRegex assertItemsEqual=assertCountEqual failIf=assertFalse
        failUnless=assertTrue failUnlessEqual=assertEqual failUnlessRaises=assertRaises"""},
}

CHANGED: Names = {
    "h5py": {"=files": "AttributeManager=attributes_in_bytes"},
    "json": {"=words": "load=without_encoding loads=without_encoding"},
    "numpy": {"=arrays": "array=as_before asarray=as_before column_stack=stacked_from_any dstack=stacked_from_any fromstring=from_bytes "
              "histogram=normed_histogram hstack=stacked_from_any reshape=reshaped_to vstack=stacked_from_any"},
    "random": {"=words": "sample=sample_of_sets shuffle=shuffle_by"},
    "yaml": {"=files": "load=load_without_loader load_all=load_without_loader"},
}

_TKINTER = {"Tkinter": "tkinter", "tkFileDialog": "tkinter.filedialog", "tkMessageBox": "tkinter.messagebox", "ttk": "tkinter.ttk"}
_FILES = "StringIO cStringIO=StringIO InputType OutputType"
_URLS = "quote quote_plus unquote unquote_plus urlencode"

PYTHON2_NAMES: Names = {
    "StringIO": {"=words2": _FILES}, "cStringIO": {"=words2": _FILES},
    "UserDict": {"collections": "UserDict IterableUserDict=UserDict", "collections.abc": "DictMixin=MutableMapping"},
    "UserList": {"collections": "UserList"}, "UserString": {"collections": "UserString"},
    "commands": {"subprocess": "getoutput getstatusoutput"},
    "exceptions": {"builtins": "*", "=words2": "StandardError"},
    "future_builtins": {"builtins": "ascii filter hex map oct zip"},
    "itertools": {"builtins": "ifilter=filter imap=map izip=zip", "itertools": "ifilterfalse=filterfalse izip_longest=zip_longest"},
    "md5": {"hashlib": "md5 new=md5"}, "sha": {"hashlib": "sha=sha1 new=sha1"},
    "operator": {"operator": "div=floordiv sequenceIncludes=contains", "builtins": "isCallable=callable"},
    "os": {"os": "getcwdu=getcwd"},
    "sets": {"builtins": "ImmutableSet=frozenset Set=set"},
    "string": {"string": "letters=ascii_letters lowercase=ascii_lowercase uppercase=ascii_uppercase", "builtins": "atof=float atoi=int atol=int",
               "=words2": "capitalize count find index join joinfields=join ljust lower lstrip maketrans replace rfind "
                          "rjust rstrip split splitfields=split strip "
                          "swapcase translate upper zfill"},
    "sys": {"sys": "maxint=maxsize", "=words2": "exc_clear setdefaultencoding"},
    "types": {"builtins": """BooleanType=bool ComplexType=complex DictType=dict DictionaryType=dict FloatType=float IntType=int
            ListType=list LongType=int
        ObjectType=object SliceType=slice StringType=str TupleType=tuple TypeType=type UnicodeType=str ClassType=type XRangeType=range""",
        "=words2": "StringTypes", "io": "FileType=IOBase", "types": "UnboundMethodType=FunctionType"},
    "urllib": {"urllib.parse": _URLS, "urllib.request": "URLopener FancyURLopener pathname2url url2pathname urlcleanup urlopen urlretrieve"},
    "urllib2": {"urllib.request": "*", "urllib.error": "*", "urllib.parse": _URLS},
}

PYTHON2_MADE = frozenset("StringIO UserDict UserList UserString cStringIO commands exceptions future_builtins md5 sets sha urllib2".split())

PYTHON2_SAME = {
    "BaseHTTPServer": "http.server", "ConfigParser": "configparser", "Cookie": "http.cookies", "HTMLParser": "html.parser", "Queue": "queue",
    "SimpleHTTPServer": "http.server", "SimpleXMLRPCServer": "xmlrpc.server", "SocketServer": "socketserver", **_TKINTER, "anydbm": "dbm",
    "cPickle": "pickle", "cookielib": "http.cookiejar", "copy_reg": "copyreg", "dummy_thread": "_thread", "htmlentitydefs": "html.entities",
    "httplib": "http.client", "repr": "reprlib", "robotparser": "urllib.robotparser", "thread": "_thread", "urlparse": "urllib.parse",
    "xmlrpclib": "xmlrpc.client",
}

PYTHON2_CHANGED: Names = {"pickle": {"=words2": "load=load_of_python2 loads=loads_of_python2 dump=dump_of_python2"}}

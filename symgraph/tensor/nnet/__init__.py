"""The face of neural networks' functions: names only. Each is loaded with its first use.

A family of ops adds a line to `_HOMES`; a module of Theano's nnet is a file here, with the names that Theano has in it.
"""

from symgraph.late import late

_HOMES = {
    "symgraph.ops.unary": "sigmoid softplus",
    "symgraph.ops.nnet.activations": """celu elu gelu glu hard_sigmoid hard_swish hard_tanh leaky_relu log_sigmoid maxout mish relu relu6 selu silu
        soft_shrink softsign swish tanh_shrink ultra_fast_sigmoid""",
    "symgraph.ops.nnet.softmax": "LogSoftmax LogSumExp Softmax log_softmax logsoftmax logsumexp softmax softmax_graph",
    "symgraph.ops.nnet.attend": "attention",
    "symgraph.ops.nnet.crossentropy": """binary_crossentropy categorical_crossentropy crossentropy_categorical_1hot crossentropy_softmax_1hot
        crossentropy_softmax_1hot_with_bias crossentropy_softmax_argmax_1hot_with_bias crossentropy_softmax_max_and_argmax_1hot
        crossentropy_softmax_max_and_argmax_1hot_with_bias h_softmax nll sigmoid_binary_crossentropy softmax_crossentropy softmax_with_bias""",
    "symgraph.ops.nnet.ctc": "ctc_loss",
    "symgraph.ops.nnet.losses": """absolute_error cosine_distance cosine_similarity hinge huber kl_divergence log_cosh multiclass_hinge
        squared_error""",
    "symgraph.ops.nnet.labels": "confusion_matrix embedding",
    "symgraph.ops.nnet.normalisation": """batch_normalization batch_normalization_test batch_normalization_train group_normalization
        instance_normalization layer_normalization local_response_normalization""",
    "symgraph.ops.conv.convolution": "AbstractConv2d AbstractConv2d_gradInputs AbstractConv2d_gradWeights AbstractConv3d",
    "symgraph.ops.conv.functions": """abstract_conv2d=conv2d causal_conv1d conv1d conv1d_transpose conv2d conv2d_grad_wrt_inputs
        conv2d_grad_wrt_weights conv2d_transpose conv3d conv3d_grad_wrt_inputs conv3d_grad_wrt_weights conv3d_transpose separable_conv2d
        separable_conv3d""",
    "symgraph.ops.conv.older": "ConvOp",
    "symgraph.ops.conv.upsampling": "bilinear_kernel_1D bilinear_kernel_2D bilinear_upsampling frac_bilinear_upsampling",
    "symgraph.tensor.nnet.Conv3D": "",
    "symgraph.tensor.nnet.abstract_conv": "",
    "symgraph.tensor.nnet.blocksparse": "",
    "symgraph.tensor.nnet.bn": "",
    "symgraph.tensor.nnet.conv": "",
    "symgraph.tensor.nnet.conv3d2d": "",
    "symgraph.tensor.nnet.neighbours": "",
    "symgraph.tensor.nnet.ctc": "",
    "symgraph.tensor.nnet.nnet": "",
    "symgraph.tensor.nnet.sigm": "",
}
__all__ = sorted({name.partition("=")[0] for home, names in _HOMES.items() for name in names.split() or [home.rpartition(".")[2]]})
__getattr__, __dir__ = late(__name__, _HOMES)

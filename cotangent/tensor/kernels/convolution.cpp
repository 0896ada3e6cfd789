#include "cotangent/tensor/kernels/convolution.hpp"

namespace cotangent::detail {

void convolution(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* kernel, void* out) {
    if (dtype != Dtype::float64) return blocked_convolution(dtype, p, images, kernel, out);
    patch_convolution(p, static_cast<const double*>(images), static_cast<const double*>(kernel), static_cast<double*>(out));
}

void convolution_to_images(Dtype dtype, const ConvolutionProblem& p, const void* out, const void* kernel, void* images) {
    if (dtype != Dtype::float64) return blocked_convolution_to_images(dtype, p, out, kernel, images);
    patch_convolution_to_images(p, static_cast<const double*>(out), static_cast<const double*>(kernel), static_cast<double*>(images));
}

void convolution_to_kernel(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* out, void* kernel) {
    if (dtype != Dtype::float64) return blocked_convolution_to_kernel(dtype, p, images, out, kernel);
    patch_convolution_to_kernel(p, static_cast<const double*>(images), static_cast<const double*>(out), static_cast<double*>(kernel));
}

}  // namespace cotangent::detail

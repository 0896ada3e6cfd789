#include "cotangent/tensor/kernels/convolution.hpp"

namespace cotangent::detail {

void convolution(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* kernel, void* out) {
    if (dtype == Dtype::float64)
        return patch_convolution(p, static_cast<const double*>(images), static_cast<const double*>(kernel), static_cast<double*>(out));
    if (dtype == Dtype::float32 && is_narrow(p))
        return narrow_convolution(p, static_cast<const float*>(images), static_cast<const float*>(kernel), static_cast<float*>(out));
    blocked_convolution(dtype, p, images, kernel, out);
}

void convolution_to_images(Dtype dtype, const ConvolutionProblem& p, const void* out, const void* kernel, void* images) {
    if (dtype == Dtype::float64)
        return patch_convolution_to_images(p, static_cast<const double*>(out), static_cast<const double*>(kernel), static_cast<double*>(images));
    if (dtype == Dtype::float32 && is_narrow_to_images(p))
        return narrow_convolution_to_images(p, static_cast<const float*>(out), static_cast<const float*>(kernel), static_cast<float*>(images));
    blocked_convolution_to_images(dtype, p, out, kernel, images);
}

void convolution_to_kernel(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* out, void* kernel) {
    if (dtype == Dtype::float64)
        return patch_convolution_to_kernel(p, static_cast<const double*>(images), static_cast<const double*>(out), static_cast<double*>(kernel));
    if (dtype == Dtype::float32 && is_narrow_to_kernel(p))
        return narrow_convolution_to_kernel(p, static_cast<const float*>(images), static_cast<const float*>(out), static_cast<float*>(kernel));
    blocked_convolution_to_kernel(dtype, p, images, out, kernel);
}

}  // namespace cotangent::detail

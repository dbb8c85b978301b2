/* SPDX-License-Identifier: Apache-2.0 */
/* delegate.cc: a C++ program with a delegate of its own, by TfLiteDelegate as TensorFlow Lite's
 * documentation shows it: it takes all ADD nodes, and says so.
 *
 *     delegate MODEL.tflite */
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

namespace
{

struct Add {
    int a, b, out;
};

/* The nodes of one part of the graph. */
struct Kernel {
    std::vector<Add> adds;
};

void *Init(TfLiteContext *context, const char *buffer, size_t)
{
    const auto *params = reinterpret_cast<const TfLiteDelegateParams *>(buffer);
    auto kernel = std::make_unique<Kernel>();
    for (int i = 0; i < params->nodes_to_replace->size; i++) {
        TfLiteNode *node = nullptr;
        TfLiteRegistration *registration = nullptr;
        if (context->GetNodeAndRegistration(context, params->nodes_to_replace->data[i], &node,
                                            &registration) != kTfLiteOk)
            return nullptr;
        kernel->adds.push_back(
            {node->inputs->data[0], node->inputs->data[1], node->outputs->data[0]});
    }
    return kernel.release();
}

void Free(TfLiteContext *, void *data)
{
    delete static_cast<Kernel *>(data);
}

/* What lies between the nodes of the part has no memory yet: these become scratch tensors. */
TfLiteStatus Prepare(TfLiteContext *context, TfLiteNode *node)
{
    const auto *kernel = static_cast<const Kernel *>(node->user_data);
    TF_LITE_ENSURE(context, kernel != nullptr);
    TfLiteIntArrayFree(node->temporaries);
    node->temporaries = TfLiteIntArrayCreate(static_cast<int>(kernel->adds.size()) - 1);
    for (int i = 0; i < node->temporaries->size; i++)
        node->temporaries->data[i] = kernel->adds[static_cast<size_t>(i)].out;
    return kTfLiteOk;
}

TfLiteStatus Invoke(TfLiteContext *context, TfLiteNode *node)
{
    const auto *kernel = static_cast<const Kernel *>(node->user_data);
    for (const Add &add : kernel->adds) {
        const TfLiteTensor &a = context->tensors[add.a], &b = context->tensors[add.b];
        TfLiteTensor &y = context->tensors[add.out];
        TF_LITE_ENSURE_EQ(context, a.bytes, y.bytes);
        TF_LITE_ENSURE_EQ(context, b.bytes, y.bytes);
        for (size_t i = 0; i < y.bytes / sizeof(float); i++)
            y.data.f[i] = a.data.f[i] + b.data.f[i];
    }
    std::printf("the delegate ran %zu nodes\n", kernel->adds.size());
    return kTfLiteOk;
}

TfLiteStatus DelegatePrepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    TfLiteIntArray *plan = nullptr;
    TF_LITE_ENSURE_STATUS(context->GetExecutionPlan(context, &plan));
    std::vector<int> nodes{0};
    for (int i = 0; i < plan->size; i++) {
        TfLiteNode *node = nullptr;
        TfLiteRegistration *registration = nullptr;
        TF_LITE_ENSURE_STATUS(
            context->GetNodeAndRegistration(context, plan->data[i], &node, &registration));
        if (registration->builtin_code == kTfLiteBuiltinAdd)
            nodes.push_back(plan->data[i]);
    }
    nodes[0] = static_cast<int>(nodes.size()) - 1;
    TfLiteRegistration kernel{};
    kernel.init = Init;
    kernel.free = Free;
    kernel.prepare = Prepare;
    kernel.invoke = Invoke;
    kernel.custom_name = "ExampleDelegate";
    /* a vector that begins with its size is laid out like a TfLiteIntArray */
    return context->ReplaceNodeSubsetsWithDelegateKernels(
        context, kernel, reinterpret_cast<TfLiteIntArray *>(nodes.data()), delegate);
}

struct Deleter {
    void operator()(TfLiteModel *p) const { TfLiteModelDelete(p); }
    void operator()(TfLiteInterpreter *p) const { TfLiteInterpreterDelete(p); }
    void operator()(TfLiteInterpreterOptions *p) const { TfLiteInterpreterOptionsDelete(p); }
};

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    TfLiteDelegate delegate = TfLiteDelegateCreate();
    delegate.Prepare = DelegatePrepare;

    const std::unique_ptr<TfLiteModel, Deleter> model(TfLiteModelCreateFromFile(argv[1]));
    const std::unique_ptr<TfLiteInterpreterOptions, Deleter> options(
        TfLiteInterpreterOptionsCreate());
    TfLiteInterpreterOptionsAddDelegate(options.get(), &delegate);
    const std::unique_ptr<TfLiteInterpreter, Deleter> interpreter(
        TfLiteInterpreterCreate(model.get(), options.get()));
    if (!interpreter || TfLiteInterpreterAllocateTensors(interpreter.get()) != kTfLiteOk)
        return EXIT_FAILURE;
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter.get(), 0);
    std::vector<float> ones(TfLiteTensorByteSize(input) / sizeof(float), 1.f);
    if (TfLiteTensorCopyFromBuffer(input, ones.data(), TfLiteTensorByteSize(input)) != kTfLiteOk ||
        TfLiteInterpreterInvoke(interpreter.get()) != kTfLiteOk)
        return EXIT_FAILURE;
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter.get(), 0);
    std::printf("%s[0] = %g\n", TfLiteTensorName(output),
                static_cast<double>(*static_cast<const float *>(TfLiteTensorData(output))));
    return EXIT_SUCCESS;
}

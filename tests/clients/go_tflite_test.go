// SPDX-License-Identifier: Apache-2.0

// Runs beside the tests of go-tflite: resizing, reporters of errors, and its delegates.
package tflite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mattn/go-tflite"
	"github.com/mattn/go-tflite/delegates"
	"github.com/mattn/go-tflite/delegates/external"
	"github.com/mattn/go-tflite/delegates/xnnpack"
)

// run makes x one everywhere and gives an item of y.
func run(t *testing.T, name string, delegate delegates.Delegater) float32 {
	model := tflite.NewModelFromFile(filepath.Join(os.Getenv("LINNET_MODELS"), name))
	if model == nil {
		t.Fatal("no model")
	}
	defer model.Delete()
	options := tflite.NewInterpreterOptions()
	defer options.Delete()
	options.SetNumThread(2)
	if delegate != nil {
		options.AddDelegate(delegate)
	}
	interpreter := tflite.NewInterpreter(model, options)
	if interpreter == nil {
		t.Fatal("no interpreter")
	}
	defer interpreter.Delete()
	if status := interpreter.ResizeInputTensor(0, []int32{2, 8, 8, 3}); status != tflite.OK {
		t.Fatal(status)
	}
	if status := interpreter.AllocateTensors(); status != tflite.OK {
		t.Fatal(status)
	}
	x := interpreter.GetInputTensor(0).Float32s()
	for i := range x {
		x[i] = 1
	}
	if status := interpreter.Invoke(); status != tflite.OK {
		t.Fatal(status)
	}
	y := interpreter.GetOutputTensor(0)
	if y.Dim(0) != 2 || y.Type() != tflite.Float32 || y.Name() != "y" {
		t.Fatal(y.Dim(0), y.Type(), y.Name())
	}
	return y.Float32s()[2*8*8*3-1]
}

func TestResized(t *testing.T) {
	if y := run(t, "add.tflite", nil); y != 3 {
		t.Fatal(y)
	}
}

func TestXNNPACK(t *testing.T) {
	delegate := xnnpack.New(xnnpack.DelegateOptions{NumThreads: 2})
	defer delegate.Delete()
	if y := run(t, "add.tflite", delegate); y != 3 {
		t.Fatal(y)
	}
}

func TestExternal(t *testing.T) {
	delegate := external.New(external.DelegateOptions{
		LibPath: filepath.Join(os.Getenv("LINNET_MODELS"), "plugin_delegate.so")})
	if delegate == nil {
		t.Fatal("no delegate")
	}
	defer delegate.Delete()
	if y := run(t, "add.tflite", delegate); y != 3 {
		t.Fatal(y)
	}
}

func TestReportsErrors(t *testing.T) {
	model := tflite.NewModelFromFile(filepath.Join(os.Getenv("LINNET_MODELS"), "custom.tflite"))
	defer model.Delete()
	options := tflite.NewInterpreterOptions()
	defer options.Delete()
	var messages []string
	options.SetErrorReporter(func(message string, user interface{}) {
		messages = append(messages, message)
	}, nil)
	interpreter := tflite.NewInterpreter(model, options)
	defer interpreter.Delete()
	if interpreter.AllocateTensors() == tflite.OK || len(messages) == 0 {
		t.Fatal("an operator that nobody knows runs")
	}
	if tflite.NewModel([]byte("not a model")) != nil {
		t.Fatal("nonsense is a model")
	}
}

#include "checkpoint/safetensors.h"

#include "core/error.h"
#include "core/json.h"

#include <iostream>
#include <string>

// Reads paths from stdin and prints a JSON object per path: whether our reader
// accepts the file. With `copy`, also writes the content to PATH.copy.

int main(int argc, char** argv) {
  using namespace microfiche;
  using namespace microfiche::checkpoint;
  const bool copy = argc > 1 && std::string(argv[1]) == "copy";
  std::string path;
  while (std::getline(std::cin, path)) {
    Json verdict = {{"accepted", true}};
    try {
      const SafetensorsFile file(path);
      std::vector<TensorView> views;
      for (const auto& tensor : file.tensors()) {
        views.push_back(
            {tensor.name, tensor.dtype, tensor.shape, file.bytes(tensor)});
      }
      if (copy) {
        write_safetensors(path + ".copy", views, file.metadata());
      }
    } catch (const InputError& error) {
      verdict = {
          {"accepted", false},
          {"message", std::string(error.what()).substr(path.size())}};
    }
    std::cout << verdict.dump(-1, ' ', false, Json::error_handler_t::replace)
              << '\n';
  }
}

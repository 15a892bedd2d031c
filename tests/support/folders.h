#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace microfiche::tests {

/// A folder that is gone again at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "microfiche.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make a temporary folder");
    }
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const {
    return path_;
  }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path data_path(const std::string& name) {
  return std::filesystem::path(MICROFICHE_SOURCE_DIR) / "tests/data" / name;
}

/// The small random model of the parity cases; it has no tokenizer.
inline std::filesystem::path parity_model() {
  return data_path("parity/model");
}

/// The model that ships with the repository.
inline std::filesystem::path nano_model() {
  return std::filesystem::path(MICROFICHE_SOURCE_DIR) / "configs/models/nano";
}

/// The tokenizer whose ids are bytes.
inline std::filesystem::path byte_tokenizer() {
  return nano_model() / "tokenizer.json";
}

} // namespace microfiche::tests

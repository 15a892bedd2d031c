#include "sweep/run/environment.h"

#include "core/config.h"
#include "core/machine.h"
#include "core/version.h"
#include "rendering/font.h"
#include "tokenizer/text_token_counter.h"

namespace microfiche::sweep {

Json describe_environment(
    const Json& model,
    const std::vector<std::string>& fonts,
    int64_t threads) {
  Json environment = describe_machine();
  environment.update({
      {"build", write_config(build_info())},
      {"model", model},
      {"text_tokenizer",
       {{"name", "DeepSeek-OCR"},
        {"sha256", tokenizer::find_text_token_counter().sha256()}}},
      {"rendering", write_config(rendering::rendering_provenance(fonts))},
      {"threads", threads},
  });
  return environment;
}

} // namespace microfiche::sweep

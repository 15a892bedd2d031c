#include "core/config.h"
#include "core/json.h"
#include "metrics/score.h"

#include <iostream>
#include <string>

// {"reference", "prediction"} lines on stdin to lines of every metric.

int main() {
  using namespace microfiche;
  const auto& profile = metrics::find_profile("all");
  for (std::string line; std::getline(std::cin, line);) {
    const auto pair = parse_json(line, "line");
    const auto scores = metrics::score_page(
        pair["reference"].get<std::string>(),
        pair["prediction"].get<std::string>(),
        profile);
    std::cout << write_config(scores).dump() << '\n';
  }
}

#include "core/edit_distance.h"
#include "core/random.h"
#include "core/utf8.h"
#include "metrics/metric.h"
#include "metrics/score.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

// Measures the CPU time of each metric on two pages of 10,000 characters, which
// differ in a tenth of them. Prints the shortest of several runs.

namespace {

using namespace microfiche;

constexpr int64_t kCharacters = 10000;
constexpr int kRepeat = 20;

std::u32string make_page(RandomStream& random) {
  std::u32string page;
  while (std::ssize(page) < kCharacters) {
    for (int64_t letters = random.between(1, 9); letters > 0; --letters) {
      page.push_back(U'a' + static_cast<char32_t>(random.below(26)));
    }
    page.push_back(U' ');
  }
  page.resize(kCharacters);
  return page;
}

std::u32string change_a_tenth(std::u32string page, RandomStream& random) {
  for (auto& character : page) {
    if (random.below(10) == 0) {
      character = U'a' + static_cast<char32_t>(random.below(26));
    }
  }
  return page;
}

/// The dynamic program of Wagner and Fischer, one row at a time.
int64_t reference_distance(std::u32string_view a, std::u32string_view b) {
  std::vector<int64_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) {
    row[j] = static_cast<int64_t>(j);
  }
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const int64_t substituted = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

template <typename Run>
double milliseconds(const Run& run, int repeat = kRepeat) {
  double shortest = 1e30;
  for (int i = 0; i < repeat; ++i) {
    const auto start = std::clock();
    run();
    shortest = std::min(
        shortest,
        1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return shortest;
}

} // namespace

int main() {
  RandomStream random(1, "benchmark");
  const auto page = make_page(random);
  const auto read = change_a_tenth(page, random);
  const auto other = make_page(random);
  if (edit_distance(page, read) != reference_distance(page, read)) {
    std::puts("edit_distance differs from the reference");
    return 1;
  }
  volatile double sink = 0;
  const auto print = [](const char* name, double time) {
    std::printf("%-32s %8.2f ms\n", name, time);
  };
  print("edit distance, tenth wrong", milliseconds([&] {
          sink = static_cast<double>(edit_distance(page, read));
        }));
  print("edit distance, another page", milliseconds([&] {
          sink = static_cast<double>(edit_distance(page, other));
        }));
  print(
      "edit distance, reference",
      milliseconds(
          [&] { sink = static_cast<double>(reference_distance(page, read)); },
          1));
  for (const auto& metric : metrics::all_metrics()) {
    // New texts per run, because they cache what metrics share.
    print(metric.name.c_str(), milliseconds([&] {
            sink = metric.score(metrics::PageTexts(page, read));
          }));
  }
  const auto reference = encode_utf8(page);
  const auto prediction = encode_utf8(read);
  const auto& profile = metrics::find_profile("all");
  print("all metrics of a page", milliseconds([&] {
          sink = metrics::score_page(reference, prediction, profile).values[0];
        }));
}

#pragma once

#include "generation/config/generation_config.h"
#include "page/page_views.h"
#include "page/resolution_mode.h"
#include "server/http/memory_budget.h"
#include "server/http/reply.h"
#include "server/http/stop_filter.h"
#include "tokenizer/text_stream.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::generation {
class Draft;
} // namespace microfiche::generation

namespace microfiche::server {

using Clock = std::chrono::steady_clock;

/// A request on its way through the batch.
struct Job {
  /// `max_buffer` as `Reply` takes it.
  Job(const tokenizer::Tokenizer& tokenizer,
      std::vector<std::string> stops,
      std::optional<size_t> max_buffer,
      MemoryBudget& budget);

  /// Adds a page. Throws as `MemoryBudget::Share::add`.
  void add_page(page::PageViews page);

  /// Of the pages and the draft.
  MemoryBudget::Share memory;
  int64_t page_bytes = 0;
  std::vector<page::PageViews> pages;
  page::ResolutionMode mode;

  /// With one `<image>` if there are pages.
  std::string prompt;
  generation::GenerationConfig config;
  bool skip_special_tokens = false;

  /// Null without one.
  std::shared_ptr<const generation::Draft> draft;

  Clock::time_point arrival = Clock::now();
  Clock::time_point deadline = Clock::time_point::max();

  // Only for the batch.
  tokenizer::Tokenizer tokenizer;
  StopFilter stop;
  tokenizer::TextStream stream;
  AnswerSummary summary;

  Reply reply;
};

/// Seconds from one time to another.
double seconds_between(Clock::time_point start, Clock::time_point end);

} // namespace microfiche::server

#include "server/http/job.h"

#include <iterator>
#include <utility>

namespace microfiche::server {

Job::Job(
    const tokenizer::Tokenizer& tokenizer_,
    std::vector<std::string> stops,
    std::optional<size_t> max_buffer,
    MemoryBudget& budget)
    : memory(budget),
      tokenizer(tokenizer_),
      stop(std::move(stops)),
      stream(tokenizer_),
      reply(max_buffer) {}

void Job::add_page(page::PageViews page) {
  auto bytes = std::ssize(page.global_view.rgb);
  for (const auto& tile : page.tiles) {
    bytes += std::ssize(tile.rgb);
  }
  memory.add(bytes);
  page_bytes += bytes;
  pages.push_back(std::move(page));
}

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

} // namespace microfiche::server

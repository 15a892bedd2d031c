#include "server/http/server_metrics.h"

#include "core/error.h"
#include "core/memory_use.h"

namespace microfiche::server {
namespace {

std::string metric(
    const std::string& name,
    const char* type,
    const std::string& help,
    int64_t value) {
  return concat(
      "# HELP ",
      name,
      " ",
      help,
      "\n# TYPE ",
      name,
      " ",
      type,
      "\n",
      name,
      " ",
      value,
      "\n");
}

} // namespace

void ServerMetrics::count_request(const std::string& route, int status) {
  const std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
}

void ServerMetrics::count_answer(const AnswerSummary& summary, double seconds) {
  const std::lock_guard lock(mutex_);
  prompt_ids_ += summary.prompt_ids;
  answer_ids_ += summary.answer_ids;
  vision_tokens_ += summary.nominal_tokens;
  drafted_ids_ += summary.drafted;
  accepted_ids_ += summary.accepted;
  first_token_.add(summary.first_token_seconds);
  duration_.add(seconds);
}

void ServerMetrics::Histogram::add(double value) {
  for (size_t i = 0; i < kBuckets.size(); ++i) {
    counts[i] += value <= kBuckets[i];
  }
  ++count;
  sum += value;
}

std::string ServerMetrics::Histogram::text(
    const std::string& name,
    const std::string& help) const {
  std::string text =
      concat("# HELP ", name, " ", help, "\n# TYPE ", name, " histogram\n");
  for (size_t i = 0; i < kBuckets.size(); ++i) {
    text += concat(name, "_bucket{le=\"", kBuckets[i], "\"} ", counts[i], "\n");
  }
  return concat(
      text,
      name,
      "_bucket{le=\"+Inf\"} ",
      count,
      "\n",
      name,
      "_sum ",
      sum,
      "\n",
      name,
      "_count ",
      count,
      "\n");
}

std::string ServerMetrics::text() const {
  std::string text = metric(
      "microfiche_running_rows",
      "gauge",
      "Requests in the batch.",
      running_rows);
  text += metric(
      "microfiche_waiting_requests",
      "gauge",
      "Requests that wait for a row.",
      waiting_requests);
  text += metric(
      "microfiche_open_connections",
      "gauge",
      "Connections that a thread serves.",
      open_connections);
  text += metric(
      "microfiche_cancelled_rows_total",
      "counter",
      "Rows that clients or limits ended early.",
      cancelled_rows);
  text += metric(
      "process_resident_memory_bytes",
      "gauge",
      "Resident memory.",
      resident_memory_bytes());
  const std::lock_guard lock(mutex_);
  text += metric(
      "microfiche_prompt_tokens_total",
      "counter",
      "Ids of prompts, vision tokens included.",
      prompt_ids_);
  text += metric(
      "microfiche_generated_tokens_total",
      "counter",
      "Ids of answers.",
      answer_ids_);
  text += metric(
      "microfiche_vision_tokens_total",
      "counter",
      "Vision tokens, nominal count.",
      vision_tokens_);
  text += metric(
      "microfiche_drafted_tokens_total",
      "counter",
      "Ids that drafts proposed.",
      drafted_ids_);
  text += metric(
      "microfiche_accepted_tokens_total",
      "counter",
      "Drafted ids that the model chose, too.",
      accepted_ids_);
  text += first_token_.text(
      "microfiche_first_token_seconds",
      "From the arrival of a request to its first token.");
  text += duration_.text(
      "microfiche_request_seconds",
      "From the arrival of a request to the end of its answer.");
  text +=
      "# HELP microfiche_requests_total Answered HTTP requests.\n"
      "# TYPE microfiche_requests_total counter\n";
  for (const auto& [key, count] : requests_) {
    text += concat(
        "microfiche_requests_total{route=\"",
        key.first,
        "\",status=\"",
        key.second,
        "\"} ",
        count,
        "\n");
  }
  return text;
}

} // namespace microfiche::server

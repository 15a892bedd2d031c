#include "server/http/running_jobs.h"

#include <iterator>
#include <utility>

namespace microfiche::server {

void RunningJobs::add(std::shared_ptr<Job> job) {
  jobs_[num_started_++] = std::move(job);
  metrics_.running_rows = std::ssize(jobs_);
}

void RunningJobs::add_id(int64_t number, int64_t id) {
  auto& job = *jobs_.at(number);
  // A draft may give more ids in the same step.
  if (job.stop.stopped()) {
    return;
  }
  if (job.summary.answer_ids++ == 0) {
    job.summary.first_token_seconds =
        seconds_between(job.arrival, Clock::now());
  }
  if (job.skip_special_tokens && job.tokenizer.is_special(id)) {
    return;
  }
  const auto text = job.stop.push(job.stream.push(id));
  if (!text.empty()) {
    job.reply.push(text);
  }
}

bool RunningJobs::is_cancelled(int64_t number) {
  auto& job = *jobs_.at(number);
  if (Clock::now() > job.deadline) {
    job.reply.fail(ApiError(
        504,
        concat(
            "the answer took longer than ",
            seconds_between(job.arrival, job.deadline),
            " s"),
        "",
        "time_limit"));
  }
  return job.stop.stopped() || job.reply.ended();
}

void RunningJobs::finish(int64_t number, const std::string& stop) {
  const auto job = release(number);
  const auto rest = job->stop.push(job->stream.finish()) + job->stop.finish();
  if (!rest.empty()) {
    job->reply.push(rest);
  }
  job->summary.stop = job->stop.stopped() ? "stop_string" : stop;
  job->reply.finish(job->summary);
}

void RunningJobs::end_early(int64_t number) {
  const auto job = release(number);
  job->summary.stop = "stop_string";
  job->reply.finish(job->summary);
  if (job->reply.error()) {
    ++metrics_.cancelled_rows;
  }
}

void RunningJobs::fail(int64_t number, const std::exception& error) {
  release(number)->reply.fail(as_api_error(error));
}

void RunningJobs::fail_all(const std::exception& error) {
  while (!jobs_.empty()) {
    fail(jobs_.begin()->first, error);
  }
}

std::shared_ptr<Job> RunningJobs::release(int64_t number) {
  auto job = std::move(jobs_.extract(number).mapped());
  metrics_.running_rows = std::ssize(jobs_);
  return job;
}

} // namespace microfiche::server

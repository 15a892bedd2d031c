#include "server/http/send_answer.h"

#include "server/http/http_server.h"

#include <chrono>
#include <string>
#include <utility>

namespace microfiche::server {
namespace {

constexpr std::chrono::milliseconds kClientCheck{100};

/// The next text of an answer, or its end. Cancels the request when its client
/// has closed the connection.
Reply::Piece wait_for_text(Reply& reply) {
  while (true) {
    if (Connection::current()->is_peer_gone()) {
      reply.cancel();
    }
    auto piece = reply.take(kClientCheck);
    if (piece.last || !piece.text.empty()) {
      return piece;
    }
  }
}

void throw_if_failed(const Reply& reply) {
  if (const auto error = reply.error()) {
    throw *error;
  }
}

/// Sends all of it, or cancels the request.
bool send_events(
    httplib::DataSink& sink,
    Reply& reply,
    const std::string& events) {
  if (sink.write(events.data(), events.size())) {
    return true;
  }
  reply.cancel();
  return false;
}

void count(const Job& job, ServerMetrics& metrics) {
  metrics.count_answer(
      *job.reply.summary(), seconds_between(job.arrival, Clock::now()));
}

void send_whole(
    Job& job,
    const AnswerHead& head,
    ServerMetrics& metrics,
    httplib::Response& response) {
  std::string text;
  while (true) {
    const auto piece = wait_for_text(job.reply);
    text += piece.text;
    if (piece.last) {
      break;
    }
  }
  throw_if_failed(job.reply);
  set_json(response, completion_json(head, text, *job.reply.summary()));
  count(job, metrics);
}

} // namespace

void send_answer(
    std::shared_ptr<Job> job,
    const AnswerHead& head,
    const AnswerForm& form,
    ServerMetrics& metrics,
    httplib::Response& response) {
  if (!form.stream) {
    send_whole(*job, head, metrics, response);
    return;
  }
  // A request that fails before its first text still gets its status.
  auto first = wait_for_text(job->reply);
  if (first.text.empty()) {
    throw_if_failed(job->reply);
  }
  response.set_header("Cache-Control", "no-store");
  response.set_chunked_content_provider(
      "text/event-stream",
      [job,
       head,
       &metrics,
       include_usage = form.include_usage,
       piece = std::move(first),
       began = false](size_t, httplib::DataSink& sink) mutable {
        std::string events;
        if (!std::exchange(began, true)) {
          events = first_event(head, include_usage);
        } else {
          piece = wait_for_text(job->reply);
        }
        if (!piece.text.empty()) {
          events += text_event(head, piece.text, include_usage);
        }
        if (piece.last) {
          if (const auto error = job->reply.error()) {
            events += error_event(*error);
          } else {
            events += last_events(head, *job->reply.summary(), include_usage);
            count(*job, metrics);
          }
        }
        if (!send_events(sink, job->reply, events)) {
          return false;
        }
        if (piece.last) {
          sink.done();
        }
        return true;
      });
}

} // namespace microfiche::server

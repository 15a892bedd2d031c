#pragma once

// Only for the sources of the server: it shows cpp-httplib's types.

#include "model/loaded_model.h"
#include "server/http/chat_answer.h"
#include "server/http/chat_request.h"
#include "server/http/http_server.h"
#include "server/http/job_queue.h"
#include "server/http/memory_budget.h"
#include "server/http/server_config.h"
#include "server/http/server_metrics.h"
#include "server/page_loader.h"

#include <memory>
#include <optional>
#include <string>

namespace microfiche::server {

/// /v1/chat/completions: reads a request, gives it to the batch, and writes the
/// answer, whole or as server-sent events.
class ChatEndpoint {
 public:
  ChatEndpoint(
      const model::LoadedModel& loaded,
      std::string model_name,
      const ServerConfig& config,
      JobQueue& queue,
      PageLoader& loader,
      MemoryBudget& memory,
      ServerMetrics& metrics);

  void answer(const httplib::Request& request, httplib::Response& response);

 private:
  page::ResolutionMode find_mode(const std::string& name) const;
  std::shared_ptr<Job> make_job(const ChatRequest& request, AnswerHead& head);
  void add_pages(const ChatRequest& request, Job& job, AnswerHead& head);
  void add_draft(const ChatRequest& request, Job& job, AnswerHead& head);
  void check_room(const Job& job) const;

  const model::LoadedModel& loaded_;
  const std::string model_name_;
  const ServerConfig& config_;
  JobQueue& queue_;
  PageLoader& loader_;
  MemoryBudget& memory_;
  ServerMetrics& metrics_;
  /// Why drafts have no effect; nothing if they have one.
  std::optional<std::string> no_draft_reason_;
};

} // namespace microfiche::server

#pragma once

// Only for the sources of the server: it shows cpp-httplib's types.

#include "server/http/server_config.h"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace microfiche::server {

// Note [Time of a connection]
// cpp-httplib serves each connection in a thread of its own and limits single
// reads and writes, so a client that sends a byte per second would keep a
// thread for ever. This stream limits the headers, the body and the answer as a
// whole, and the bytes that a request may have.

/// A client's connection, as cpp-httplib reads and writes it; see Note [Time of
/// a connection].
///
/// The functions of the base class are virtual and not marked `override`,
/// because versions of the library differ in which of them are pure.
class Connection : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  /// Why a request could not be read.
  enum class Failure {
    kNone,
    kAddressTooLong,
    kHeadersTooLarge,
    kBodyTooLarge,
    kTooSlow,
    kFull
  };

  /// `bytes_in_memory` counts the bytes of all connections' requests.
  Connection(
      int socket,
      const ServerConfig& limits,
      std::atomic<int64_t>& bytes_in_memory);
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Whether a connection that has been idle for this long must close.
  using GiveUp = std::function<bool(Clock::duration idle)>;

  /// Waits until the next request begins, or the client closes. Returns false
  /// after `idle_seconds`, and when `give_up` returns true.
  bool wait_for_request(const GiveUp& give_up);

  /// The headers are read: the limits of the body apply. At most `max_bytes`
  /// may come.
  void begin_body(int64_t max_bytes);

  /// No more requests after this one.
  void close_after_answer() {
    closing_ = true;
  }
  bool closing() const {
    return closing_ || failure_ != Failure::kNone;
  }

  Failure failure() const {
    return failure_;
  }

  /// Whether an answer to the last request has begun.
  bool has_answered() const {
    return answered_;
  }

  /// Whether the client has closed its end.
  bool is_peer_gone() const;

  /// Sends what is left and closes. The client gets the answer to a request
  /// that was not read to its end.
  void close();

  /// The connection that this thread serves; null in other threads.
  static Connection* current();

  virtual bool is_readable() const;
  virtual bool is_writable() const;
  virtual ssize_t read(char* bytes, size_t size);
  virtual ssize_t write(const char* bytes, size_t size);
  virtual void get_remote_ip_and_port(std::string& ip, int& port) const;
  virtual void get_local_ip_and_port(std::string& ip, int& port) const;
  virtual socket_t socket() const;

 private:
  bool wait(short events, Clock::time_point deadline) const;
  bool fail(Failure failure);
  bool may_read();

  int socket_;
  const ServerConfig& limits_;
  std::atomic<int64_t>& bytes_in_memory_;
  int64_t bytes_read_ = 0;
  int64_t most_bytes_ = 0;
  /// Bytes that this request may have whatever the other connections hold.
  int64_t free_bytes_ = 0;
  /// Of the request line and the headers: lines so far, and bytes of the last.
  bool in_headers_ = true;
  int64_t num_lines_ = 0;
  int64_t line_bytes_ = 0;
  bool answered_ = false;
  Clock::time_point read_deadline_;
  Clock::time_point write_deadline_;
  bool closing_ = false;
  Failure failure_ = Failure::kNone;
};

} // namespace microfiche::server

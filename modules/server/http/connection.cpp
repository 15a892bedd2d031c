#include "server/http/connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace microfiche::server {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// Of the request line and all headers, and of one header: cpp-httplib reads no
/// longer one, and does not say why.
constexpr int64_t kMaxHeaderBytes = 64 << 10;
constexpr int64_t kMaxHeaderLineBytes = (8 << 10) - 1;

/// Bytes that the system holds for a client that does not read. Its own choice
/// is megabytes per connection.
constexpr int kSendBufferBytes = 128 << 10;

/// Bytes of requests that all connections may hold, in bodies of the largest
/// size.
constexpr int64_t kMaxBodiesInMemory = 8;

/// A body of this size is read even if others fill the memory.
constexpr int64_t kSmallBodyBytes = 256 << 10;

/// Time for an answer after the request's own: a slow client takes the rest.
constexpr double kWriteSeconds = 30;

/// How often a wait looks for other work.
constexpr milliseconds kPollTick{100};

thread_local Connection* current_connection = nullptr;

Connection::Clock::time_point after(double seconds) {
  return Connection::Clock::now() +
      duration_cast<Connection::Clock::duration>(duration<double>(seconds));
}

} // namespace

Connection::Connection(
    int socket,
    const ServerConfig& limits,
    std::atomic<int64_t>& bytes_in_memory)
    : socket_(socket), limits_(limits), bytes_in_memory_(bytes_in_memory) {
  const int on = 1;
  // A streamed piece of text must not wait for the next one.
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(
      socket_,
      SOL_SOCKET,
      SO_SNDBUF,
      &kSendBufferBytes,
      sizeof(kSendBufferBytes));
  current_connection = this;
}

Connection::~Connection() {
  bytes_in_memory_ -= bytes_read_;
  current_connection = nullptr;
}

Connection* Connection::current() {
  return current_connection;
}

bool Connection::wait(short events, Clock::time_point deadline) const {
  while (true) {
    const auto left = std::max(
        milliseconds(0), duration_cast<milliseconds>(deadline - Clock::now()));
    pollfd descriptor{socket_, events, 0};
    const int ready = poll(&descriptor, 1, static_cast<int>(left.count()));
    if (ready != -1 || errno != EINTR) {
      return ready == 1;
    }
  }
}

bool Connection::wait_for_request(const GiveUp& give_up) {
  bytes_in_memory_ -= bytes_read_;
  bytes_read_ = 0;
  const auto start = Clock::now();
  const auto deadline = after(limits_.idle_seconds);
  while (!wait(POLLIN, std::min(deadline, Clock::now() + kPollTick))) {
    if (Clock::now() >= deadline || give_up(Clock::now() - start)) {
      return false;
    }
  }
  read_deadline_ = after(limits_.header_seconds);
  write_deadline_ = after(
      limits_.header_seconds + limits_.body_seconds + limits_.request_seconds +
      kWriteSeconds);
  most_bytes_ = kMaxHeaderBytes;
  free_bytes_ = kMaxHeaderBytes;
  in_headers_ = true;
  num_lines_ = 0;
  line_bytes_ = 0;
  answered_ = false;
  return true;
}

void Connection::begin_body(int64_t max_bytes) {
  in_headers_ = false;
  read_deadline_ = after(limits_.body_seconds);
  // A chunked body has sizes between its bytes.
  most_bytes_ = bytes_read_ + max_bytes + kMaxHeaderBytes;
  free_bytes_ = bytes_read_ + kSmallBodyBytes;
}

bool Connection::is_peer_gone() const {
  // Not a read: bytes after the request would hide the end of the connection.
  pollfd descriptor{socket_, POLLRDHUP, 0};
  return poll(&descriptor, 1, 0) == 1;
}

void Connection::close() {
  shutdown(socket_, SHUT_WR);
  // Closing with unread bytes would reset the connection, and the client might
  // lose the answer.
  std::array<char, 16384> rest{};
  const auto deadline = after(closing() ? 1 : 0);
  while (wait(POLLIN, deadline) &&
         ::recv(socket_, rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
  }
  ::close(socket_);
}

bool Connection::is_readable() const {
  return wait(POLLIN, read_deadline_);
}

bool Connection::is_writable() const {
  return wait(POLLOUT, write_deadline_) && !is_peer_gone();
}

bool Connection::fail(Failure failure) {
  failure_ = failure;
  return false;
}

/// Whether the next bytes of the request may be read.
bool Connection::may_read() {
  const int64_t held = limits_.max_body_bytes * kMaxBodiesInMemory;
  if (in_headers_ && num_lines_ > 0 && line_bytes_ > kMaxHeaderLineBytes) {
    return fail(Failure::kHeadersTooLarge);
  }
  if (bytes_read_ >= most_bytes_) {
    return fail(
        !in_headers_         ? Failure::kBodyTooLarge
            : num_lines_ > 0 ? Failure::kHeadersTooLarge
                             : Failure::kAddressTooLong);
  }
  if (bytes_read_ >= free_bytes_ && bytes_in_memory_ >= held) {
    return fail(Failure::kFull);
  }
  return wait(POLLIN, read_deadline_) || fail(Failure::kTooSlow);
}

ssize_t Connection::read(char* bytes, size_t size) {
  if (!may_read()) {
    return -1;
  }
  const auto count = ::recv(socket_, bytes, size, MSG_DONTWAIT);
  if (count <= 0) {
    return count;
  }
  bytes_read_ += count;
  bytes_in_memory_ += count;
  for (ssize_t i = 0; in_headers_ && i < count; ++i) {
    ++line_bytes_;
    if (bytes[i] == '\n') {
      ++num_lines_;
      line_bytes_ = 0;
    }
  }
  return count;
}

ssize_t Connection::write(const char* bytes, size_t size) {
  answered_ = true;
  while (wait(POLLOUT, write_deadline_)) {
    const auto count =
        ::send(socket_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0 || (errno != EAGAIN && errno != EINTR)) {
      return count;
    }
  }
  return -1;
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

socket_t Connection::socket() const {
  return socket_;
}

} // namespace microfiche::server

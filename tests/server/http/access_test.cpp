#include "server/http/access.h"

#include "server/http/api_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::server {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

AccessHeaders from(const std::string& host, const std::string& origin = "") {
  AccessHeaders headers;
  headers.host = host;
  headers.origin = origin;
  return headers;
}

TEST(AccessTest, ProgramsAndTheOwnPageMayAsk) {
  for (const auto* host :
       {"127.0.0.1:8080", "localhost:9", "LOCALHOST", "[::1]:8080"}) {
    EXPECT_NO_THROW(check_site(from(host), {})) << host;
  }
  EXPECT_NO_THROW(
      check_site(from("localhost:8080", "http://localhost:8080"), {}));
  // Through a proxy with TLS.
  EXPECT_NO_THROW(
      check_site(from("localhost:8080", "https://localhost:8080"), {}));
}

TEST(AccessTest, RefusesOtherWebSites) {
  const AccessHeaders foreign[] = {
      // A name of another site that points to this machine.
      from("evil.example:8080"),
      from("127.0.0.1.evil.example"),
      from(""),
      from("localhost:8080", "http://evil.example"),
      from("localhost:8080", "http://localhost:9090"),
      from("localhost:8080", "null"),
      {"localhost:8080", "", "cross-site", "no-cors", ""}};
  for (const auto& headers : foreign) {
    EXPECT_THROW(check_site(headers, {}), ApiError)
        << headers.host << " " << headers.origin;
  }
}

TEST(AccessTest, AUserMayFollowALinkToThePlayground) {
  EXPECT_NO_THROW(
      check_site({"localhost:8080", "", "cross-site", "navigate", ""}, {}));
}

TEST(AccessTest, WithoutAServerKeyAnyKeyIsAccepted) {
  AccessHeaders headers;
  headers.authorization = "Bearer anything";

  EXPECT_NO_THROW(check_key(headers, {}));
}

TEST(AccessTest, ChecksTheKey) {
  ServerConfig config;
  config.api_key = "secret";
  AccessHeaders headers;
  headers.authorization = "Bearer secret";
  EXPECT_NO_THROW(check_key(headers, config));

  for (const auto* wrong :
       {"", "Bearer", "Bearer secre", "Bearer secret2", "secret"}) {
    headers.authorization = wrong;
    EXPECT_THROW(check_key(headers, config), ApiError) << wrong;
  }
}

TEST(ServerConfigTest, ListensOnThisMachineOnlyUnlessToldOtherwise) {
  const ServerConfig config;

  EXPECT_EQ(config.host, "127.0.0.1");
  EXPECT_EQ(config.port, 8080);
}

TEST(ServerConfigTest, AnAddressForOtherMachinesNeedsAKey) {
  ServerConfig config;
  for (const auto* host : {"0.0.0.0", "192.168.1.2", "::", "my.machine"}) {
    config.host = host;
    EXPECT_THAT(
        [&] { validate(config); },
        ThrowsMessage<UsageError>(HasSubstr("--api-key")));
  }
  config.api_key = "secret";
  EXPECT_NO_THROW(validate(config));
}

} // namespace
} // namespace microfiche::server

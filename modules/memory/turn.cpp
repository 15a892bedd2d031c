#include "memory/turn.h"

#include <array>
#include <utility>

namespace microfiche::memory {
namespace {

template <typename T>
using Names = std::array<std::pair<T, std::string_view>, 4>;

constexpr Names<Role> kRoleNames = {
    {{Role::kUser, "user"},
     {Role::kAssistant, "assistant"},
     {Role::kSystem, "system"},
     {Role::kTool, "tool"}}};

constexpr std::array<std::pair<Kind, std::string_view>, 3> kKindNames = {
    {{Kind::kTalk, "talk"}, {Kind::kTool, "tool"}, {Kind::kSystem, "system"}}};

constexpr Names<Trust> kTrustNames = {
    {{Trust::kUser, "user"},
     {Trust::kAssistant, "assistant"},
     {Trust::kTool, "tool"},
     {Trust::kImported, "imported"}}};

template <typename List, typename T>
std::string_view name_in(const List& names, T value) {
  for (const auto& [known, name] : names) {
    if (known == value) {
      return name;
    }
  }
  return {};
}

template <typename T, typename List>
std::optional<T> find_in(const List& names, std::string_view name) {
  for (const auto& [value, known] : names) {
    if (known == name) {
      return value;
    }
  }
  return std::nullopt;
}

} // namespace

std::string_view name_of(Role role) {
  return name_in(kRoleNames, role);
}

std::string_view name_of(Kind kind) {
  return name_in(kKindNames, kind);
}

std::string_view name_of(Trust trust) {
  return name_in(kTrustNames, trust);
}

std::optional<Role> find_role(std::string_view name) {
  return find_in<Role>(kRoleNames, name);
}

std::optional<Kind> find_kind(std::string_view name) {
  return find_in<Kind>(kKindNames, name);
}

std::optional<Trust> find_trust(std::string_view name) {
  return find_in<Trust>(kTrustNames, name);
}

Kind kind_of(Role role) {
  return role == Role::kTool  ? Kind::kTool
      : role == Role::kSystem ? Kind::kSystem
                              : Kind::kTalk;
}

} // namespace microfiche::memory

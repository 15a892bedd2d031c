#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A conversation to generate.
struct GenerateConfig {
  /// Turns of the conversation, at least `facts` and `updates` together.
  int64_t turns = 240;

  /// Facts with different keys, spread evenly over the turns; at least 1.
  int64_t facts = 120;

  /// Turns that give an earlier key a new value, in addition to `facts`.
  int64_t updates = 12;

  uint64_t seed = 0;

  /// Its name; empty for "generated-SEED".
  std::string name;
};

/// The name is not among them, and the seed is that of the command or sweep.
template <typename Visitor>
void visit_fields(Visitor&& visit, GenerateConfig& config) {
  visit("turns", config.turns);
  visit("facts", config.facts);
  visit("updates", config.updates);
}

/// Sentences of a text that fit a small page: 20 to 45 characters of ASCII that
/// begin with a capital and end with a full stop.
std::vector<std::string> filler_sentences(const std::string& text);

/// A conversation in our own format (see `Format::kJsonl`), a turn per line.
/// The same config and filler give the same bytes.
///
/// A fact is a sentence such as "The number of bafit is 4821." Its kind is
/// "words" (an English word of the filler), "names" (made up), "digits" or
/// "hex", each of the same number. Keys are made up and unique. An update is
/// "The number of bafit is now 7306." The other turns are filler.
///
/// Throws `UsageError` for numbers that do not fit each other, and `InputError`
/// for filler without usable words.
std::string generate_conversation(
    const GenerateConfig& config,
    const std::vector<std::string>& filler);

} // namespace microfiche::memory

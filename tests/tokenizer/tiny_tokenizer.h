#pragma once

#include "core/json.h"
#include "tokenizer/byte_alphabet.h"

namespace microfiche::tokenizer {

/// A tokenizer.json of the 256 bytes (ids 0 to 255), "ab" (256), "abc" (257), a
/// special token <s> (300) and an ordinary one <t> (301).
inline Json tiny_definition() {
  Json vocabulary = Json::object();
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary[spell_byte(static_cast<unsigned char>(byte))] = byte;
  }
  vocabulary["ab"] = 256;
  vocabulary["abc"] = 257;
  const Json byte_level = {
      {"type", "ByteLevel"},
      {"add_prefix_space", false},
      {"trim_offsets", true},
      {"use_regex", false}};
  const auto added = [](int id, const char* content, bool special) {
    return Json{
        {"id", id},
        {"content", content},
        {"single_word", false},
        {"lstrip", false},
        {"rstrip", false},
        {"normalized", !special},
        {"special", special}};
  };
  return {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", {added(300, "<s>", true), added(301, "<t>", false)}},
      {"normalizer", nullptr},
      {"pre_tokenizer", byte_level},
      {"post_processor", nullptr},
      {"decoder", byte_level},
      {"model",
       {{"type", "BPE"},
        {"dropout", nullptr},
        {"unk_token", nullptr},
        {"continuing_subword_prefix", nullptr},
        {"end_of_word_suffix", nullptr},
        {"fuse_unk", false},
        {"byte_fallback", false},
        {"ignore_merges", false},
        {"vocab", vocabulary},
        {"merges", {"a b", "ab c"}}}}};
}

} // namespace microfiche::tokenizer

#pragma once

#include "core/json.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::text_compression {

/// How a text becomes vectors that stand where a page's vision tokens would.
enum class Method {
  /// The embeddings of the text's first or last ids.
  kTruncationFirst,
  kTruncationLast,
  /// Means of the embeddings of even spans.
  kMeanPooling,
  /// See `ConvPyramid`.
  kConvPyramid,
  /// See `LatentQueries`.
  kLatentQueries,
  /// The embeddings of all ids, however many: what is lost is lost by the
  /// decoder.
  kWholeText,
  /// No vectors: what the decoder says without having seen anything.
  kNoText,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Method,
    {{Method::kTruncationFirst, "truncation_first"},
     {Method::kTruncationLast, "truncation_last"},
     {Method::kMeanPooling, "mean_pooling"},
     {Method::kConvPyramid, "conv_pyramid"},
     {Method::kLatentQueries, "latent_queries"},
     {Method::kWholeText, "whole_text"},
     {Method::kNoText, "no_text"}})

/// A compressor of text, as a training's config names it.
struct TextCompressorConfig {
  Method method = Method::kMeanPooling;

  /// So many vectors, and at most all but one, are the embeddings of the text's
  /// last ids; the others hold the whole text, those ids too.
  int64_t raw_last = 0;

  /// Of a pyramid: halvings, so that a vector has room for 2^levels ids, and
  /// ids that the first convolution of each level sees at once.
  int64_t levels = 5;
  int64_t kernel = 5;

  /// Of latent queries: layers, their heads, and the most vectors there can be.
  int64_t layers = 2;
  int64_t heads = 8;
  int64_t max_vectors = 64;

  /// Whether there are as many vectors as the page has vision tokens.
  bool has_fixed_count() const {
    return method != Method::kWholeText && method != Method::kNoText;
  }

  /// How many of so many vectors are raw.
  int64_t raw_of(int64_t vectors) const {
    return std::min(raw_last, vectors - 1);
  }
};

/// Throws `InputError` for values that make no sense, and for those that the
/// method has no use for.
void validate(const TextCompressorConfig& config, const std::string& where);

/// Where each of `length` ids is found among `vectors` vectors, and last where
/// an end would be: the vector's number, and behind the point how far into what
/// it holds. Negative where the vectors do not hold the id. Throws `InputError`
/// for a method without a fixed count.
std::vector<double> places_in_vectors(
    const TextCompressorConfig& config,
    int64_t length,
    int64_t vectors);

template <typename Visitor>
void visit_fields(Visitor&& visit, TextCompressorConfig& config) {
  visit("method", config.method);
  visit("raw_last", config.raw_last);
  visit("levels", config.levels);
  visit("kernel", config.kernel);
  visit("layers", config.layers);
  visit("heads", config.heads);
  visit("max_vectors", config.max_vectors);
}

} // namespace microfiche::text_compression

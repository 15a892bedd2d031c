#include "decoder/decode_graph.h"

#include <torch/torch.h>

#include <utility>

#ifdef MICROFICHE_WITH_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace microfiche::decoder {

#ifdef MICROFICHE_WITH_CUDA

struct DecodeGraph::Recording {
  at::cuda::CUDAGraph graph;
};

bool DecodeGraph::is_supported(const DecoderImpl& decoder) {
  return decoder.is_recordable();
}

#else

struct DecodeGraph::Recording {};

bool DecodeGraph::is_supported(const DecoderImpl& /*decoder*/) {
  return false;
}

#endif

DecodeGraph::DecodeGraph(Decoder decoder, const KvCache& cache)
    : decoder_(std::move(decoder)), cache_(cache) {
  const auto device = decoder_->lm_head->weight.device();
  TORCH_CHECK(
      is_supported(*decoder_) && cache.max_slots(1) <= cache.capacity(),
      "DecodeGraph: expected a build with CUDA, a decoder with stacked experts "
      "on a GPU and a cache with room for a position, got a decoder on ",
      device,
      " and a cache with ",
      cache.max_slots(),
      " of ",
      cache.capacity(),
      " positions");
#ifdef MICROFICHE_WITH_CUDA
  places_ = cache.next_places().to(device);
  ids_ = torch::zeros({cache.batch(), 1}, places_.options());
  recording_ = std::make_unique<Recording>();
  // CUDA cannot record on the default stream.
  const auto current = c10::cuda::getCurrentCUDAStream(device.index());
  const auto stream = c10::cuda::getStreamFromPool(
      /*isHighPriority=*/false, device.index());
  current.synchronize();
  {
    const c10::cuda::CUDAStreamGuard guard(stream);
    decoder_->step(ids_, places_, cache_);
    stream.synchronize();
    recording_->graph.capture_begin();
    logits_ = decoder_->step(ids_, places_, cache_);
    recording_->graph.capture_end();
  }
  stream.synchronize();
#endif
}

DecodeGraph::~DecodeGraph() = default;

torch::Tensor DecodeGraph::run(const torch::Tensor& ids, const KvCache& cache) {
  TORCH_INTERNAL_ASSERT(cache.keys(0).is_same(cache_.keys(0)));
  TORCH_CHECK(
      cache.max_slots(1) <= cache.capacity(),
      "DecodeGraph: the cache's capacity of ",
      cache.capacity(),
      " is used up; make a larger cache");
  ids_.copy_(ids);
  places_.copy_(cache.next_places());
#ifdef MICROFICHE_WITH_CUDA
  recording_->graph.replay();
#endif
  return logits_;
}

} // namespace microfiche::decoder

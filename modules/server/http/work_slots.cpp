#include "server/http/work_slots.h"

#include "server/http/api_error.h"

namespace microfiche::server {

WorkSlots::Slot::Slot(WorkSlots& slots) : slots_(slots) {
  if (!slots_.slots_.try_acquire_for(slots_.longest_wait_)) {
    throw ApiError(
        503, "the server has too much to do; try again later", "", "busy");
  }
}

WorkSlots::Slot::~Slot() {
  slots_.slots_.release();
}

} // namespace microfiche::server

#include "layers/skip_init.h"

namespace microfiche::layers {
namespace {

thread_local int num_guards = 0;

} // namespace

SkipInitGuard::SkipInitGuard() {
  ++num_guards;
}

SkipInitGuard::~SkipInitGuard() {
  --num_guards;
}

bool SkipInitGuard::is_active() {
  return num_guards > 0;
}

} // namespace microfiche::layers

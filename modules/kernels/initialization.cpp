#include "kernels/initialization.h"

namespace microfiche::kernels {
namespace {

thread_local int num_guards = 0;

} // namespace

SkipInitialization::SkipInitialization() {
  ++num_guards;
}

SkipInitialization::~SkipInitialization() {
  --num_guards;
}

bool SkipInitialization::is_on() {
  return num_guards > 0;
}

} // namespace microfiche::kernels

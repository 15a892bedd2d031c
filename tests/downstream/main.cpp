#include <core/edit_distance.h>
#include <core/version.h>
#include <kernels/rms_norm.h>

#include <cstdio>

// One call into a module without LibTorch and one into a module with it.
int main() {
  const auto edits = microfiche::edit_distance("kitten", "sitting");
  const auto normalised =
      microfiche::kernels::rms_norm(torch::full({1, 4}, 3.0), torch::ones({4}));
  const double root_mean_square =
      normalised.square().mean().sqrt().item<double>();
  std::printf(
      "%s\nedits %d\nroot mean square %.3f\n",
      microfiche::version_text().c_str(),
      static_cast<int>(edits),
      root_mean_square);
  return edits == 3 && root_mean_square > 0.999 ? 0 : 1;
}

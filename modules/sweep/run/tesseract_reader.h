#pragma once

#include <memory>

#include "sweep/run/batch_reader.h"

namespace microfiche::sweep {

/// The side of a page as Tesseract gets it, over its own side: the letters of
/// dense pages are smaller than those that it was trained on.
inline constexpr int64_t kTesseractEnlargement = 4;

/// Reads the same page images with Tesseract, enlarged and as one block of
/// English text (`--psm 6`). What it reads shows that the pixels hold the text.
/// Modes and counts of vision tokens are those of `model`, which must outlive
/// the reader, so that its precision stands beside the model's at the same
/// compression ratio.
///
/// Throws `Error` if this build has no Tesseract, and if its English data is
/// missing.
std::unique_ptr<BatchReader> make_tesseract_reader(BatchReader& model);

} // namespace microfiche::sweep

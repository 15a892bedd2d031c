#include "analysis/paper_points.h"

namespace microfiche::analysis {

const std::vector<PaperPoint>& paper_points() {
  static const std::vector<PaperPoint> points = {
      {"tiny", 64, 600, 700, .965, 10.5, 7},
      {"tiny", 64, 700, 800, .938, 11.8, 28},
      {"tiny", 64, 800, 900, .838, 13.2, 28},
      {"tiny", 64, 900, 1000, .859, 15.1, 14},
      {"tiny", 64, 1000, 1100, .793, 16.5, 11},
      {"tiny", 64, 1100, 1200, .764, 17.7, 8},
      {"tiny", 64, 1200, 1300, .591, 19.7, 4},
      {"small", 100, 600, 700, .985, 6.7, 7},
      {"small", 100, 700, 800, .973, 7.5, 28},
      {"small", 100, 800, 900, .968, 8.5, 28},
      {"small", 100, 900, 1000, .968, 9.7, 14},
      {"small", 100, 1000, 1100, .915, 10.6, 11},
      {"small", 100, 1100, 1200, .898, 11.3, 8},
      {"small", 100, 1200, 1300, .871, 12.6, 4},
  };
  return points;
}

} // namespace microfiche::analysis

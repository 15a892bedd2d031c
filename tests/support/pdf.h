#pragma once

#include "core/error.h"

#include <cstdio>
#include <string>
#include <vector>

namespace microfiche::tests {

/// A PDF by hand: objects 1, 2, ..., of which 1 is the catalog.
inline std::string write_pdf(
    const std::vector<std::string>& objects,
    const std::string& trailer = "") {
  std::string pdf = "%PDF-1.4\n";
  std::string table = "0000000000 65535 f \n";
  for (size_t i = 0; i < objects.size(); ++i) {
    char entry[32];
    std::snprintf(entry, sizeof entry, "%010zu 00000 n \n", pdf.size());
    table += entry;
    pdf += concat(i + 1, " 0 obj\n", objects[i], "\nendobj\n");
  }
  const size_t start = pdf.size();
  const size_t size = objects.size() + 1;
  return concat(
      pdf,
      "xref\n0 ",
      size,
      "\n",
      table,
      "trailer\n<</Size ",
      size,
      "/Root 1 0 R",
      trailer,
      ">>\nstartxref\n",
      start,
      "\n%%EOF\n");
}

} // namespace microfiche::tests

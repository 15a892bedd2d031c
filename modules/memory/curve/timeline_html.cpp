#include "memory/curve/timeline.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/plural.h"
#include "core/table.h"
#include "memory/curve/curve_tables.h"
#include "memory/policy/accuracy_table.h"
#include "memory/policy/ageing.h"
#include "memory/recall/outcome.h"
#include "report/html.h"
#include "report/text_diff.h"

namespace microfiche::memory::curve {
namespace {

using report::escape_html;

std::string turns_text(int64_t first_seq, int64_t last_seq) {
  return first_seq == last_seq
      ? concat("Turn ", first_seq)
      : concat("Turns ", first_seq, "\u2013", last_seq);
}

std::string turns_text(const TimelinePage& page) {
  return page.part > 0 ? concat("Turn ", page.first_seq, ", part ", page.part)
                       : turns_text(page.first_seq, page.last_seq);
}

std::string heading_id(const TimelinePage& page) {
  return concat("page-", page.page);
}

std::string span(const std::string& text) {
  return concat("<span>", escape_html(text), "</span>");
}

std::string dim(const std::string& text) {
  return concat("<p class=\"dim\">", escape_html(text), "</p>");
}

std::string text_box(const std::string& html) {
  return concat("<div class=\"text\">", html, "</div>");
}

std::string picture_html(const TimelinePage& page) {
  if (page.mode == kText) {
    return dim("Kept as text.");
  }
  if (page.mode == kGone) {
    return dim("Dropped from the plan.");
  }
  if (page.shown_with) {
    return dim(concat(
        "On the picture of ",
        turns_text(page.shown_with->first, page.shown_with->second),
        "."));
  }
  if (page.png.empty()) {
    return dim(
        "The picture is missing; `memory check --rebuild` and `memory build` "
        "make it again.");
  }
  const auto html = concat(
      "<img alt=\"",
      escape_html(turns_text(page)),
      page.built ? ", as the model gets them in " : ", as they were drawn, ",
      escape_html(page.mode),
      "\" src=\"data:image/png;base64,",
      base64_encode(page.png),
      "\">");
  return html +
      dim(page.built ? concat(page.width, " x ", page.height, " px")
                     : concat(
                           "As it was drawn first, ",
                           page.width,
                           " x ",
                           page.height,
                           " px; `memory build` makes the picture of ",
                           page.mode,
                           "."));
}

std::string details_html(const TimelinePage& page) {
  auto html = span(
      page.age == 0 ? std::string("the newest page")
                    : count_of(page.age, "newer page"));
  html += span(aged_mode_name(page.mode, page.how));
  html += span(count_of(page.positions, "position"));
  html += span("by " + page.reason);
  if (page.expected_recall) {
    html += span("expected recall " + fixed(*page.expected_recall, 3));
  }
  if (page.reading) {
    html += span(concat(
        "precision ", fixed(page.precision, 3), ", stopped by ", page.stop));
  }
  return concat("<div class=\"key dim\">", html, "</div>\n");
}

std::string reading_html(const TimelinePage& page) {
  if (page.mode == kText) {
    return text_box(escape_html(page.text));
  }
  if (page.mode == kGone) {
    return concat(
        "<details><summary>What the page says",
        "<span class=\"unseen\">, ",
        escape_html(turns_text(page)),
        "</span></summary>",
        text_box(escape_html(page.text)),
        "</details>");
  }
  if (page.shown_with) {
    return text_box(escape_html(page.text));
  }
  if (!page.reading) {
    return dim("Not read back. What the page says:") +
        text_box(escape_html(page.text));
  }
  return text_box(report::diff_html(page.text, *page.reading));
}

/// A key with its value, and the answer with its differences.
std::string fact_html(const TimelineFact& fact) {
  auto html = concat(
      "<li>",
      fact.superseded ? "<s>" : "",
      "<b>",
      escape_html(fact.key),
      "</b>: ",
      escape_html(fact.value),
      fact.superseded ? "</s> (a newer fact has replaced it)" : "");
  if (!fact.answer) {
    return html + "</li>\n";
  }
  if (fact.outcome == name_of(Outcome::kCorrect)) {
    return html + ", answered right</li>\n";
  }
  if (fact.answer->empty()) {
    return html + ", no answer</li>\n";
  }
  return concat(
      html,
      ", answered <span class=\"answer\">",
      report::diff_html(fact.value, *fact.answer),
      "</span> (",
      escape_html(title_of(fact.outcome)),
      ")</li>\n");
}

std::string facts_html(const TimelinePage& page) {
  std::string items;
  for (const auto& fact : page.facts) {
    items += fact_html(fact);
  }
  return items.empty() ? ""
                       : concat("<ul class=\"facts\">\n", items, "</ul>\n");
}

std::string page_html(const TimelinePage& page) {
  const auto id = heading_id(page);
  return concat(
      "<article class=\"page\" aria-labelledby=\"",
      id,
      "\"><div>",
      picture_html(page),
      "</div><div>\n<h3 id=\"",
      id,
      "\" tabindex=\"-1\">",
      escape_html(turns_text(page)),
      "</h3>\n",
      details_html(page),
      reading_html(page),
      facts_html(page),
      "</div></article>\n");
}

/// Neighbouring pages of one mode, with a link to the first.
std::string contents_html(const std::vector<TimelinePage>& pages) {
  std::string items;
  for (size_t begin = 0; begin < pages.size();) {
    size_t end = begin;
    int64_t positions = 0;
    for (; end < pages.size() && pages[end].mode == pages[begin].mode; ++end) {
      positions += pages[end].positions;
    }
    items += concat(
        "<li><a href=\"#",
        heading_id(pages[begin]),
        "\">",
        escape_html(pages[begin].mode),
        "</a>: ",
        count_of(static_cast<int64_t>(end - begin), "page"),
        ", ",
        count_of(positions, "position"),
        "</li>\n");
    begin = end;
  }
  return concat(
      "<nav aria-label=\"Modes, newest first\"><ul>\n", items, "</ul></nav>\n");
}

constexpr const char* kStyle =
    "<style>.facts{margin:8px 0 0;padding-left:20px;overflow-wrap:anywhere}"
    ".answer{font-family:ui-monospace,SFMono-Regular,Menlo,monospace}"
    ".page details{margin:8px 0}.page .text{padding:0 2px}"
    ".page details .text{padding:0 16px 12px}</style>\n";

} // namespace

std::string timeline_html(const Timeline& timeline) {
  std::string pages;
  for (const auto& page : timeline.pages) {
    pages += page_html(page);
  }
  const auto shown = static_cast<int64_t>(timeline.pages.size());
  const auto& title = timeline.conversation.title;
  return concat(
      kStyle,
      "<p>",
      escape_html(concat(
          "Conversation ",
          title.empty() ? timeline.conversation.name : title,
          " under plan ",
          timeline.plan,
          " (",
          timeline.policy,
          timeline.run ? concat(", run ", *timeline.run) : std::string(),
          "): ",
          timeline.spent,
          " of ",
          timeline.budget,
          " positions, plain text would take ",
          timeline.text_positions,
          ". The newest page comes first. Each picture is what the model gets, "
          "enlarged to one width.")),
      "</p>\n",
      shown < timeline.num_pages ? concat(
                                       "<p class=\"note\">The newest ",
                                       shown,
                                       " of ",
                                       timeline.num_pages,
                                       " pages; `memory timeline --plan ",
                                       timeline.plan,
                                       " --pages N` shows more.</p>\n")
                                 : "",
      contents_html(timeline.pages),
      "<p class=\"key\"><span><del>missing</del></span><span><ins>added</ins>"
      "</span><span><del class=\"s\">written</del><ins class=\"s\">read"
      "</ins></span></p>\n<div class=\"card\">\n",
      pages,
      "</div>\n");
}

std::string timeline_document(const Timeline& timeline) {
  const auto& title = timeline.conversation.title;
  return report::html_document(
      concat(
          "Timeline of ", title.empty() ? timeline.conversation.name : title),
      "<h2 class=\"unseen\">Pages</h2>\n" + timeline_html(timeline));
}

} // namespace microfiche::memory::curve

#include "workflows/failure_signature.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "engine/ascii.h"
#include "engine/digest.h"
#include "workflows/cloud_text.h"

namespace pawl {

namespace {

constexpr std::size_t text_bytes_max = 160;

/// Whatever lies beyond ASCII counts as one.
bool is_word_letter(char c) {
  return is_letter(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

/// A word that names one thing: an id of twelve or more hexadecimal digits, dashes allowed, that
/// may end in what it is the id of: in03 an instance, br03 a backup.
bool is_id(std::string_view word) {
  for (const std::string_view kind : {"in", "br"}) {
    if (word.size() > 4 && word.substr(word.size() - 4, 2) == kind && is_digit(word.back()))
      word.remove_suffix(4);
  }
  const auto digits = std::count_if(word.begin(), word.end(), is_hex);
  return digits >= 12 && digits + std::count(word.begin(), word.end(), '-') == std::ssize(word);
}

/// A status of the cloud's, such as BACKING UP: in backquotes it says what kind of failure it is.
bool is_status(std::string_view quoted) {
  return !quoted.empty() && std::all_of(quoted.begin(), quoted.end(),
                                        [](char c) { return is_upper(c) || c == ' ' || c == '_'; });
}

/// Quoted names become "…", ids become ID, numbers with what joins them (dates, versions) N.
std::string without_particulars(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const char c = line[i];
    if (c == '"' || c == '\'' || c == '`') {
      const std::size_t end = line.find(c, i + 1);
      if (end != std::string_view::npos) {
        const std::string_view quoted = line.substr(i + 1, end - i - 1);
        out += c == '`' && is_status(quoted) ? quoted : "\"…\"";
        i = end + 1;
        continue;
      }
    }
    if (is_digit(c) || is_word_letter(c)) {
      std::size_t end = i;
      while (end < line.size() && (is_digit(line[end]) || is_word_letter(line[end]) ||
                                   line[end] == '_' || line[end] == '-'))
        ++end;
      const std::string_view word = line.substr(i, end - i);
      if (is_id(word)) {
        out += "ID";
      } else if (is_digit(c) && i >= 2 && line[i - 1] == '.' && is_word_letter(line[i - 2])) {
        out += word;  // DBS.200011: the code is the kind of failure
      } else if (is_digit(c)) {
        // 2023-03-06, 18:33:26, 13.9 and 74s are one number each.
        while (end < line.size() &&
               (is_digit(line[end]) || ((line[end] == '.' || line[end] == ':') &&
                                        end + 1 < line.size() && is_digit(line[end + 1]))))
          ++end;
        out += 'N';
      } else {
        out += word;
      }
      i = end;
      continue;
    }
    out += c;
    ++i;
  }
  return out;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The report's lines that tell of something wrong; all of them where none says so.
constexpr std::array<std::string_view, 3> good_lines{"task begin", "task end", "check success"};

enum class Particulars : std::uint8_t { kept, taken_out };

std::string bad_lines_of(std::string_view reason, Particulars particulars) {
  std::string gist;
  for (std::size_t from = 0; from <= reason.size();) {
    const std::size_t to = std::min(reason.find('\n', from), reason.size());
    const std::string line = cloud::one_line(reason.substr(from, to - from), to - from + 3);
    from = to + 1;
    const std::size_t dated = line.find(" --- ");
    const std::string_view message =
        std::string_view(line).substr(dated == std::string::npos ? 0 : dated + 5);
    bool good = message.empty();
    for (const std::string_view word : good_lines)
      good = good || (message.ends_with(word) && !contains(message, "failed"));
    if (good) continue;
    if (!gist.empty()) gist += "; ";
    gist += particulars == Particulars::kept ? message : without_particulars(message);
  }
  return gist;
}

constexpr std::string_view give_the_right =
    "give the credentials the right to upgrade (rds:instance:update), which a pre-check does not "
    "need";

/// Words of a report and what helps, from cloud-api 6.4, 6.6 and 6.7, and of refusals, from 1 and
/// 5.3.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> remedies{{
    {"invalid superuser", "drop the superusers that the report names, or take the right from them"},
    {"invalid user", "mend or drop the accounts that the report names"},
    {"loadable_libraries",
     "uninstall the extensions that the target does not have, then check anew"},
    {"required libraries",
     "uninstall the extensions that the target does not have, then check anew"},
    {"prepared transaction", "commit or roll back the prepared transactions"},
    {"logical replication slot", "drop the logical replication slots"},
    {"replication slot", "drop the replication slots"},
    {"subscription", "drop the subscriptions, or disable them"},
    {"reg*", "change the columns of reg* types that the report names"},
    {"\"unknown\" user columns", "change the columns of type unknown that the report names"},
    {"sql_identifier", "change the columns of type sql_identifier that the report names"},
    {"WITH OIDS", "ALTER TABLE … SET WITHOUT OIDS for the tables that the report names"},
    {"encoding conversion", "drop the user-defined encoding conversions"},
    {"postfix operator", "drop the user-defined postfix operators"},
    {"polymorphic",
     "drop the functions with incompatible polymorphic types, make them anew afterwards"},
    {"STORAGE FULL", "enlarge the storage, then try again"},
    {"Storage", "enlarge the storage, then try again"},
    {"quota", "raise the account's quota of instances: an upgrade makes a second one"},
    {"DBS.200010", give_the_right},
    {"DBS.200604", give_the_right},
}};

}  // namespace

FailureSignature signature_of(std::string_view reason) {
  FailureSignature signature;
  const std::string gist = bad_lines_of(reason, Particulars::taken_out);
  signature.id = sha256_hex(gist).substr(0, 8);
  signature.text = cloud::one_line(gist, text_bytes_max);
  for (const auto& [words, remedy] : remedies) {
    if (!contains(reason, words)) continue;
    signature.remedy = remedy;
    break;
  }
  return signature;
}

std::string gist_of(std::string_view reason) {
  return bad_lines_of(reason, Particulars::kept);
}

}  // namespace pawl

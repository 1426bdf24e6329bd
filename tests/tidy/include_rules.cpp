// Who may include what: rooms, outside libraries, the purity of the core.
#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "tests/tidy/rules.h"

namespace pawl::test {

namespace {

struct Room {
  std::string_view folder;                  ///< or a file; the longest that fits is the room
  std::array<std::string_view, 6> reaches;  ///< folders or files that it may include; empty: none
};

/// The arrows. The stand-in takes no more of the workflows than how durations are written, so that
/// a mistake in how pawl reads the API cannot be its mistake as well; of the program it takes the
/// log, and only the command line knows that there is a stand-in.
constexpr std::array<Room, 8> rooms{{
    {"engine/", {"engine/"}},
    {"engine/io/", {"engine/", "engine/io/"}},
    {"workflows/", {"engine/", "workflows/"}},
    {"storage/", {"engine/", "storage/"}},
    {"cli/", {"engine/", "engine/io/", "workflows/", "storage/", "cli/", {}}},
    {"cli/arguments.cpp",
     {"engine/", "engine/io/", "workflows/", "storage/", "cli/", "cli/simulate/"}},
    {"cli/simulate/",
     {"engine/", "engine/io/", "workflows/durations.h", "cli/log.h", "cli/simulate/", {}}},
    {"tests/", {}},
}};

const Room* room_of(std::string_view path) {
  const Room* best = nullptr;
  for (const Room& room : rooms) {
    const bool longer = best == nullptr || room.folder.size() > best->folder.size();
    if (path.starts_with(room.folder) && longer) best = &room;
  }
  return best;
}

bool reaches(const Room& from, std::string_view target) {
  const Room* to = room_of(target);
  return std::any_of(from.reaches.begin(), from.reaches.end(), [&](std::string_view reach) {
    if (reach.empty()) return false;
    return reach == target || (to != nullptr && reach == to->folder);
  });
}

struct Home {
  std::string_view library;               ///< how its includes begin
  std::array<std::string_view, 5> where;  ///< folders or files
};

constexpr std::array<Home, 10> homes{{
    {"curl/", {"engine/io/", {}}},
    {"sqlite3.h", {"storage/sqlite.cpp", {}}},
    {"yaml-cpp/", {"workflows/yaml_reader.cpp", {}}},
    {"date/", {"workflows/", {}}},
    {"openssl/evp.h", {"engine/digest.cpp", "storage/chain.cpp"}},
    {"openssl/ssl.h", {"engine/io/curl_transfer.cpp", {}}},
    {"CLI/", {"cli/", {}}},
    {"microhttpd.h", {"cli/simulate/", {}}},
    {"simdjson.h", {"workflows/quick_json.cpp", {}}},
    {"nlohmann/",
     {"engine/codec.cpp", "engine/json_writer.cpp", "workflows/cloud_json.cpp",
      "workflows/iam_api.cpp", "cli/"}},
}};

bool lives_in(const Home& home, std::string_view path) {
  return std::any_of(home.where.begin(), home.where.end(), [path](std::string_view where) {
    return !where.empty() && path.starts_with(where);
  });
}

std::string words_of(const Home& home) {
  std::string words;
  for (const std::string_view where : home.where) {
    if (!where.empty()) words.append(words.empty() ? "" : ", ").append(where);
  }
  return words;
}

/// By which a program reaches the world, or is reached by it.
constexpr std::array<std::string_view, 21> world_headers{"fstream",
                                                         "iostream",
                                                         "ostream",
                                                         "istream",
                                                         "syncstream",
                                                         "filesystem",
                                                         "thread",
                                                         "mutex",
                                                         "future",
                                                         "cstdio",
                                                         "condition_variable",
                                                         "csignal",
                                                         "random",
                                                         "stdio.h",
                                                         "poll.h",
                                                         "unistd.h",
                                                         "fcntl.h",
                                                         "signal.h",
                                                         "netdb.h",
                                                         "pthread.h",
                                                         "dirent.h"};
constexpr std::array<std::string_view, 3> world_folders{"sys/", "netinet/", "arpa/"};

bool is_world(std::string_view header) {
  return std::find(world_headers.begin(), world_headers.end(), header) != world_headers.end() ||
         std::any_of(world_folders.begin(), world_folders.end(),
                     [header](std::string_view folder) { return header.starts_with(folder); });
}

/// The one place of the core that speaks to the world: `check` says why it ends the process.
constexpr std::string_view last_words = "engine/result.cpp";

bool is_pure(std::string_view path) {
  const Room* room = room_of(path);
  return room != nullptr && (room->folder == "engine/" || room->folder == "workflows/") &&
         path != last_words;
}

}  // namespace

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::string_view line = file.lines[i];
    const auto skip_blanks = [&line] {
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    };
    skip_blanks();
    if (!line.starts_with('#')) continue;
    line.remove_prefix(1);
    skip_blanks();
    if (!line.starts_with("include")) continue;
    line.remove_prefix(7);
    skip_blanks();
    if (line.empty() || (line[0] != '"' && line[0] != '<')) continue;
    const bool ours = line[0] == '"';
    const std::size_t end = line.find(ours ? '"' : '>', 1);
    includes.push_back({i + 1, std::string(line.substr(1, end - 1)), ours});
  }
  return includes;
}

void check_arrows(const SourceFile& file, std::vector<Violation>& found) {
  const Room* from = room_of(file.path);
  if (!file.is_code() || from == nullptr || from->folder == "tests/") return;
  for (const Include& include : includes_of(file)) {
    if (!include.ours || reaches(*from, include.target)) continue;
    found.push_back({file.path, include.line,
                     std::string(from->folder) + " may not include \"" + include.target + '"'});
  }
}

/// Too large for headers, which can name its type by nlohmann/json_fwd.hpp.
constexpr std::string_view whole_json = "nlohmann/json.hpp";

void check_homes(const SourceFile& file, std::vector<Violation>& found) {
  if (!file.is_code() || file.path.starts_with("tests/")) return;
  for (const Include& include : includes_of(file)) {
    if (file.is_header() && include.target == whole_json) {
      found.push_back({file.path, include.line, "nlohmann/json stays out of headers"});
    }
    if (include.ours) continue;
    for (const Home& home : homes) {
      if (!include.target.starts_with(home.library) || lives_in(home, file.path)) continue;
      found.push_back({file.path, include.line,
                       '<' + include.target + "> is included in " + words_of(home) + " alone"});
    }
  }
}

void check_purity(const SourceFile& file, std::vector<Violation>& found) {
  if (!file.is_code() || !is_pure(file.path)) return;
  for (const Include& include : includes_of(file)) {
    if (include.ours || !is_world(include.target)) continue;
    found.push_back({file.path, include.line, "pure code does no I/O: <" + include.target + '>'});
  }
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    for (const std::string_view call : {"_clock::now(", "getenv(", "std::time(", "rand("}) {
      if (file.lines[i].find(call) == std::string::npos) continue;
      found.push_back({file.path, i + 1, "pure code is given what it knows: " + std::string(call)});
    }
  }
}

void check_own_header_first(const SourceFile& file, const Tree& tree,
                            std::vector<Violation>& found) {
  if (!file.path.ends_with(".cpp")) return;
  const std::string own = file.path.substr(0, file.path.size() - 3) + 'h';
  const bool exists = std::any_of(tree.begin(), tree.end(),
                                  [&own](const SourceFile& other) { return other.path == own; });
  if (!exists) return;
  const auto includes = includes_of(file);
  if (!includes.empty() && includes.front().target == own) return;
  found.push_back({file.path, includes.empty() ? 0 : includes.front().line,
                   "its first include is \"" + own + '"'});
}

}  // namespace pawl::test

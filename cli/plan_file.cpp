#include "cli/plan_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "cli/credential_sources.h"
#include "cli/hook_files.h"
#include "workflows/cloud_requests.h"
#include "workflows/yaml_reader.h"

namespace pawl {

namespace {

constexpr std::size_t bytes_max = (1U << 20U) + 1;  // one more than the reader takes

struct ClosePlan {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error cannot_read(const std::string& path, const std::string& why) {
  return {Fault::usage, fmt::format("{}: cannot be read: {}", path, why)};
}

Error flawed(const std::vector<Mistake>& mistakes, const std::string& path) {
  return {Fault::usage,
          fmt::format("{}\n{} {} in the plan; nothing was started", render_mistakes(mistakes, path),
                      mistakes.size(), mistakes.size() == 1 ? "mistake" : "mistakes")};
}

Result<std::string> read_bytes(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) {
    return cannot_read(path, "it is a directory; name the plan file in it");
  }
  const std::unique_ptr<std::FILE, ClosePlan> file(std::fopen(path.c_str(), "re"));
  if (!file) return cannot_read(path, std::strerror(errno));
  std::string bytes(bytes_max, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get()) != 0) return cannot_read(path, std::strerror(errno));
  return bytes;
}

/// Absolute, in the directory in which the file was opened: `link/..` is where the link leads, so
/// it must not be folded as text. The path as it was given where that cannot be found out.
std::filesystem::path whole_path(const std::string& path) {
  std::error_code code;
  const std::filesystem::path absolute = std::filesystem::absolute(path, code);
  if (code) return path;
  const auto directory = std::filesystem::weakly_canonical(absolute.parent_path(), code);
  return code ? std::filesystem::path(path) : directory / absolute.filename();
}

}  // namespace

Result<PlanFile> read_plan_file(const std::string& path, const Log& log, PlanUse use,
                                std::vector<Mistake>* mistakes) {
  Result<std::string> bytes = read_bytes(path);
  if (!bytes) return bytes.error();
  PlanReading reading = read_plan(*bytes, use);
  if (!reading.plan) {
    if (mistakes != nullptr) *mistakes = reading.mistakes;
    return flawed(reading.mistakes, path);
  }
  const std::filesystem::path whole = whole_path(path);
  auto of_hooks = hook_warnings(reading.programs, whole.parent_path().string());
  sort_and_count_characters(of_hooks, without_byte_order_mark(*bytes));
  reading.warnings.insert(reading.warnings.end(), of_hooks.begin(), of_hooks.end());
  if (!reading.warnings.empty()) log.warn(render_mistakes(reading.warnings, path));
  PlanFile file{whole.string(), std::move(*bytes), std::move(*reading.plan),
                std::move(reading.warnings)};
  std::string& project = file.plan.cloud.project_id;
  if (project.empty()) project = project_from_environment();
  return file;
}

Outcome fit_to_start(const PlanFile& file, const std::string& path) {
  const PlanReading reading = read_plan(file.bytes, PlanUse::to_start);
  if (!reading.plan) return flawed(reading.mistakes, path);
  return Done{};
}

Result<Plan> frozen_plan(const std::string& bytes, const std::string& project_id,
                         const std::string& rollout) {
  PlanReading reading = read_plan(bytes, PlanUse::started);
  if (!reading.plan) {
    return Error{Fault::store,
                 fmt::format("rollout {}: the plan that it was started with can no longer be read "
                             "by this version of pawl on this machine:\n{}",
                             rollout, render_mistakes(reading.mistakes, rollout))};
  }
  reading.plan->cloud.project_id = project_id;
  return std::move(*reading.plan);
}

}  // namespace pawl

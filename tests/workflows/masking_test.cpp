#include "workflows/masking.h"

#include <doctest/doctest.h>

#include <array>

#include "workflows/cloud_errors.h"

using namespace pawl;
using namespace pawl::cloud;

namespace {

std::string masked(std::string text, std::string_view secret, Words words = Words::read) {
  const std::array secrets{secret};
  mask_secrets(text, secrets, words);
  return text;
}

}  // namespace

TEST_CASE("a secret goes wherever it stands, however JSON spells it") {
  const std::string_view secret = "pa/ss\"wo\\rd\xC3\xA9\xF0\x9F\x94\x91";
  struct Row {
    const char* text;
    const char* left;
  };
  for (const Row& row : {
           Row{"xpa/ss\"wo\\rd\xC3\xA9\xF0\x9F\x94\x91x", "x***x"},
           Row{R"({"m":"pa/ss\"wo\\rdé🔑"})", R"({"m":"***"})"},
           Row{R"({"m":"pa\/ss\"wo\\rdé🔑."})", R"({"m":"***."})"},
           Row{R"({"m":"\u0070a\/ss\u0022wo\u005Crd\u00e9\uD83D\udd11"})", R"({"m":"***"})"},
           Row{R"({"m":"{\"n\":\"pa\\/ss\\\"wo\\\\rdé🔑\"}"})", R"({"m":"{\"n\":\"***\"}"})"},
           Row{R"({"m":"\\u0070a/ss\\\"wo\\\\rd\\u00e9🔑"})", R"({"m":"***"})"},
           Row{R"(\ud83dpa\/ss\"wo\\rdé🔑\u00)", R"(\ud83d***\u00)"},
           Row{R"({"m":"pa\/ss\"wo\\rde🔑"})", R"({"m":"pa\/ss\"wo\\rde🔑"})"},
       }) {
    CAPTURE(row.text);
    CHECK(masked(row.text, secret) == row.left);
  }
}

TEST_CASE("no decoded word of a refusal shows a secret that stood there escaped") {
  HttpResponse answer;
  answer.status = 401;
  answer.body = R"({"error":{"code":401,"message":"wrong password \u0045xample\/P-1 of pawl"}})";
  const std::array<std::string_view, 1> secrets{"Example/P-1"};
  CHECK(read_error(answer).message.find("Example/P-1") != std::string::npos);
  mask_secrets(answer.body, secrets, Words::quoted);
  CHECK(read_error(answer).message == "wrong password *** of pawl");
}

TEST_CASE("a short secret goes from what is told alone, as a whole word") {
  struct Row {
    const char* text;
    const char* left;
  };
  for (const Row& row : {
           Row{"password aB3! is wrong", "password *** is wrong"},
           Row{R"({"m":"\taB3\u0021"})", R"({"m":"\t***"})"},
           Row{"xaB3!, aB3!x, 0aB3!, \xC3\xA9"
               "aB3!",
               "xaB3!, aB3!x, 0aB3!, \xC3\xA9"
               "aB3!"},
           Row{"aB3!", "***"},
       }) {
    CAPTURE(row.text);
    CHECK(masked(row.text, "aB3!", Words::quoted) == row.left);
    CHECK(masked(row.text, "aB3!", Words::read) == row.text);
  }
  CHECK(masked("401 and aB3", "401", Words::quoted) == "401 and aB3");
  CHECK(masked("anything", "", Words::quoted) == "anything");
  CHECK(masked("xEightByt", "EightByt", Words::read) == "x***");
}

TEST_CASE("a secret inside another takes nothing of it along, and none stays in part") {
  std::string text = "the token longer-secret-token, longer-s and secret-t";
  const std::array<std::string_view, 3> secrets{"secret-t", "longer-secret-token", "longer-s"};
  mask_secrets(text, secrets, Words::read);
  CHECK(text == "the token ***, *** and ***");
}

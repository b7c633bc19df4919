// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>

#include "base/check.h"

namespace assay {
namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

/// A list of header lines for libcurl.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;
  ~HeaderLines() { curl_slist_free_all(list_); }
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    ASSAY_CHECK(longer != nullptr);
    list_ = longer;
  }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// What libcurl's callbacks fill.
struct Receiving {
  HttpResponse response;
  std::size_t max = 0;
  bool too_large = false;
};

extern "C" std::size_t receive_body(char* data, std::size_t size, std::size_t count, void* to) {
  auto& receiving = *static_cast<Receiving*>(to);
  const std::size_t n = size * count;
  if (n > receiving.max - receiving.response.body.size()) {
    receiving.too_large = true;
    return 0;
  }
  receiving.response.body.append(data, n);
  return n;
}

extern "C" std::size_t receive_header(char* data, std::size_t size, std::size_t count, void* to) {
  auto& receiving = *static_cast<Receiving*>(to);
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/"))
    receiving.response.headers = {};  // after a 100 Continue comes another head
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && !line.starts_with("HTTP/")) {
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    receiving.response.headers.add(std::string(line.substr(0, colon)), std::string(value));
  }
  return size * count;
}

/// The host of an http or https URL.
Result<std::string> host_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), curl_url_cleanup);
  if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return fail(Fault::malformed, url, "is not a URL like https://host/path");
  }
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), which, &text, 0) != CURLUE_OK) return std::string();
    std::string out = text;
    curl_free(text);
    return out;
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return fail(Fault::malformed, url, fmt::format("wanted http or https, got '{}'", scheme));
  }
  return part(CURLUPART_HOST);
}

/// A proxy is for other machines.
bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(std::string ca_file) : ca_file_(std::move(ca_file)) {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSAY_CHECK(once == CURLE_OK);
  }

  Result<HttpResponse> send(const HttpCall& call) const override {
    const auto host = host_of(call.url);
    if (!host) return pass_on(host);
    HeaderLines lines;
    for (const auto& [name, value] : call.headers.all()) {
      if (has_line_break(name) || has_line_break(value)) {
        return fail(Fault::malformed, call.url,
                    "a header field has a line break: " + name.substr(0, 40));
      }
      // "Name;" is how libcurl is told to send a field without a value.
      lines.add(value.empty() ? name + ";" : name + ": " + value);
    }
    lines.add("Expect:");  // not asking first saves a second where a server does not answer to it

    Easy easy = take();
    Receiving receiving;
    receiving.max = call.max_response;
    std::array<char, CURL_ERROR_SIZE> detail{};
    CURL* const c = easy.get();
    curl_easy_setopt(c, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &receive_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &receiving);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &receive_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &receiving);
    if (is_loopback(*host)) curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    if (!ca_file_.empty()) {
      curl_easy_setopt(c, CURLOPT_CAINFO, ca_file_.c_str());
      curl_easy_setopt(c, CURLOPT_CAPATH, nullptr);  // or the system's CAs would be trusted as well
    }
    set_method(c, call);

    const CURLcode code = curl_easy_perform(c);
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_reset(c);  // forgets the pointers into this frame, keeps the connections
    give_back(std::move(easy));
    if (receiving.too_large) {
      return fail(Fault::unavailable, call.url,
                  fmt::format("the answer is larger than the {} bytes allowed", call.max_response));
    }
    if (code != CURLE_OK)
      return fail(Fault::unavailable, call.url, explain(code, detail.data(), call));
    receiving.response.status = static_cast<unsigned>(status);
    return std::move(receiving.response);
  }

 private:
  static void set_method(CURL* c, const HttpCall& call) {
    if (call.method == "HEAD") {
      curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    } else if (call.method != "GET" || !call.body.empty()) {
      curl_easy_setopt(c, CURLOPT_POSTFIELDS, call.body.data());
      curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
      curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    }
  }

  static std::string explain(CURLcode code, const char* detail, const HttpCall& call) {
    if (code == CURLE_OPERATION_TIMEDOUT) {
      return fmt::format("no answer within {} ms", call.timeout.count());
    }
    const char* const what = *detail == '\0' ? curl_easy_strerror(code) : detail;
    if (code == CURLE_COULDNT_CONNECT) return fmt::format("{} (is the service running?)", what);
    return what;
  }

  Easy take() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Easy easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
      }
    }
    Easy easy(curl_easy_init());
    ASSAY_CHECK(easy != nullptr);
    return easy;
  }

  void give_back(Easy easy) const {
    constexpr std::size_t kKept = 16;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kKept) idle_.push_back(std::move(easy));
  }

  std::string ca_file_;
  mutable std::mutex mutex_;
  mutable std::vector<Easy> idle_;  ///< each keeps its connections open
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(const std::string& ca_file) {
  return std::make_unique<CurlClient>(ca_file);
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "collateral/google_roots.h"

namespace assay {
namespace {

constexpr std::string_view kEkAkRootName =
    "CN=EK/AK CA Root,OU=Google Cloud,O=Google LLC,L=Mountain View,ST=California,C=US";
constexpr std::string_view kEkAkIntermediateName =
    "CN=EK/AK CA Intermediate,OU=Google Cloud,O=Google LLC,L=Mountain "
    "View,ST=California,C=US";
constexpr std::string_view kCloudHostRootName =
    "CN=tpm_ek_v1_cloud_host_root-signer-0-2018-04-06T10:58:26-07:00 K:1\\, "
    "1:Pw003HsFYO4:0:18,OU=Cloud,O=Google LLC,L=Mountain View,ST=California,C=US";
constexpr std::string_view kCloudHostIntermediate2Name =
    "CN=tpm_ek_v1_cloud_host-signer-0-2020-10-22T14:02:08-07:00 K:1\\, "
    "2:HBNpA3TPAbM:0:18,OU=Cloud,O=Google LLC,L=Mountain View,ST=California,C=US";
constexpr std::string_view kCloudHostIntermediate3Name =
    "CN=tpm_ek_v1_cloud_host-signer-0-2021-10-12T04:22:11-07:00 K:1\\, "
    "3:nbvaGZFLcuc:0:18,OU=Cloud,O=Google LLC,L=Mountain View,ST=California,C=US";

constexpr std::string_view kEkAkRootKey =
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAnSX1UKjIlktKiXwrKE2ltLukGe6JwTqm2t23EBYhHZOc"
    "vFKDE0WJHt2u2h/EjSu5x6gIimxr00cgqvPewz838TyYU0eIkC7JV/ek+mYOksllDWp7zIeSkZKzcqPezlhha0R5"
    "wJV/M2zgy0q8Z8D5YoHj0Do2iLxH1HUaicsg3rBJdfeQ/WJtGfQ0aB2qB+BF7kcLeQoCGNnqxxPwRvVIaVoHIbMT"
    "lagZOc1vKJ+TLH2hRnFdUmyq/arrXVbdqls/FyB6/zPkldBRuutDsRs7RK0rUOwpGwou4P5gvGOsFFDhR4g3lYen"
    "obS+BiI6m0ebpgpnFB6Y7+RUwtHOybUBgft404V6RwEgpGNKqmTmbi53Tiq6bp/SEGPeIT8974O8htWEuH0i0C6c"
    "hIZA8D11gSB8D+paKv6lTstXemGkt4aG6WXwb/NiZCEXeF6DRu4hHvRpq/NPyIsBCvFUw1FkkQYzAg3+2rxiJPf7"
    "cRkhxKqroYAaOK5XDc0ixcLf4K5IkZDkZsOnj0tzpVY8d5Z4W/BJQaDEpermvX49GyhiArpLiGF5yBcRflztG1rp"
    "NwWUQVvRcr1+nLV2vz0t4UbFQGl0O8rENEsybcVB6fyuZH89JF4RwmxqptQ/+rs9zuTRF8X0xvoB89l+eqClglD4"
    "gVKv0SNFJbXA9wvTfOhM/jsCAwEAAQ==";

constexpr std::string_view kEkAkIntermediateKey =
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAoGMe14Bhqh9kWnHW0VnqNl+Iake9KUANTgC12z+8ULqc"
    "iIvDoiw0ezQ1fP/pwKhNRxcVwP5+JgbJJluZw1lu1uV5trLs5yA/Er9CfVGX8CQF1TB7Zfv6Hf7hv7lv7eE986rd"
    "a1oM55hJXEt0L3BvWfVpPibBloktSqqbSVzrBJrtSFi9P+Hhku6Bw6Zt1T/8/z6OVdMbPNEhbPtCGFxmwyzKfb3w"
    "WU2YCIzZd7h53pV0ea1VJL3iGmRBJhC3Rkwvs3QcSZYYENft6x42jWSK/t2WrrZknP2Q67OFlhVL/gMo0NJ6bczo"
    "vY03yRTnoDcN6YXKqlc7iwPdUJn86jJHPL2s9KCWR/UDUGtb4PqZSaHQXA58N/tZSyQ48T0v+ar9CYVVAIOV93VJ"
    "Dn13j0lZLax1bAkbzl0I7il1S+W2wEVx+K3WUf/29aBhRLZ3Ddkyj/Ta8HxhMXpdOciddEXh2G4o/WaQAh3XCW8F"
    "GkKXjW8Ao7kBDBbpmCvlRvOtTBWetx9dIOGzUkX53s3R1soUvMeZAP8208fe06+TOj+k7Mcn5qY1XuALzAKhZlR9"
    "hGw1pjKEIUCKTJbfL+L2QDdP7OS2Kc2mBVQAcLu9PmaG++OZoVTlUrGd/6DBfKTEsN+aytWoCRkJKu8kTWYyaMhX"
    "AYD1C4yp5xLQMKyFImNXumUCAwEAAQ==";

constexpr std::string_view kCloudHostRootKey =
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA+8I7pO5X+Oknhq5hWj70Mq12wLsQ/mle3JfC9ucKPaRP"
    "7wk8Zv7604nKWKENI7YE2u2pW6SSJXx1dhjQxA258+KdKcFk/uzVFc3gX32TS1Ijd7lMjYPBEUFXSNy7uthmXPHe"
    "Y7WW02n/1RUDfPEvPrrdI+egEFRQ2Vedj3Qm504t/Bc0/rwqIK39ggbteshExjyJc0WtNL0EiVotv4siCaHb0U39"
    "hxCxewDK6bzfkWhQtwMurOtOMD7et9G9AvCurlCwlwRW5lhVFBLm13hFtEPPgYtDMe1FPQNJ7z1oUCd1oryHiL9Y"
    "sOg4jxInwHyb5W85YNifH/uo/o2wKeJxWDsFDNioC2VNMdTOLk13ansdzcVtuphTvgR01O0UDAOwj3k3R/4sLfBE"
    "rXG8aBpFJ2cl6SWE1Wx07TRMOSYBV2SQr6js+KPZKzbLBb25EfmCeiyd+zCJbEB70u/Al8Gvgw22Frt68DBy+qRG"
    "8EkWB34BW6A67A4ILescUSq5qhRak2u9IEUxWihaCzR8wxxK1hiP69F31o0O2AexuBJC8IUOaj3WVypEVzBioN/w"
    "mZDBk73Jg7ONv/vcwGzFHO5el5D38v9KsiAvfNLsstPJttDcsk7n3a/P6wSTr8/8g5lIY9KHk0tUtLOMd9S4xHrS"
    "EnzMajfhAcn+nWbpod+TnaECAwEAAQ==";

constexpr std::string_view kCloudHostIntermediate2Key =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtOAyLEEpK20AgeP+xFdgQxF2cwQQVFQ2hf8rg88c3TDb"
    "sZHTWwf3Emym0nOPoCPuDSyJ/6mQN+ys1gHfD0r4hdsxYAvmReJuMK+yefN9J+DpAAan3bT9+vETiNW+VHtWr7oD"
    "X3h1CNk89WCH5Q5V5Z6LTTE+DuEiDLoPbHwRY58CDW4rw7t4FD/NN731wwrE3J3SgO1oDeY1wxAH3T9RGbboDg7A"
    "sUo73L3iq99DkZgoO++jfm7fkPmEHkMRcVheniAxvLuAT5Paf5l1yH6kDHflqa1hLdaXb0BVEaIngDdocRJKC/ef"
    "aBYr2uvbwI01PB6mgG9erloVkkGsh9JV2wIDAQAB";

constexpr std::string_view kCloudHostIntermediate3Key =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7zPdIRUezgb0v1PNi8O4ZFhLH9Lrfa5702ihzStUovrM"
    "M7TwYBlO/0b3jUcVRYFOquTWYf45xtcZeR/Q/tcx7k4SjnpEO2sVF6XXD7Tdwl6fsJIJDk3WYG55+I5w0Im8MgUD"
    "Ls3z/vI0fK3KQEuTxsKcq+dCI4CQdONvIazq9YZHxrNjkNt3qnEhgp4ibZ5xJJjcYozgKrwKFGpxVi5qRIDai6kl"
    "6IUhVTKEulbYih3wuOb29ETZM0qMxA54wu6mPZ52gQuG8HjIGE0Hqo1/y/uWT82Cz1Ew7sg/P0dwImZXOhZU5Myt"
    "Wr5z1IOA+UkcfIDKB6+Znmeu4Nx7JxPU8wIDAQAB";

constexpr std::array<GoogleCaKey, 5> kKeys = {{
    {kEkAkRootName, AnchorRole::root, kEkAkRootKey, "2022-07-08T00:40:34Z", "2122-07-08T05:57:23Z"},
    {kEkAkIntermediateName, AnchorRole::intermediate, kEkAkIntermediateKey, "2022-08-23T22:26:29Z",
     "2122-07-08T05:57:23Z"},
    {kCloudHostRootName, AnchorRole::root, kCloudHostRootKey, "2018-04-06T17:58:26Z",
     "2118-04-06T18:58:26Z"},
    {kCloudHostIntermediate2Name, AnchorRole::intermediate, kCloudHostIntermediate2Key,
     "2020-10-22T21:02:08Z", "2120-10-22T21:02:08Z"},
    {kCloudHostIntermediate3Name, AnchorRole::intermediate, kCloudHostIntermediate3Key,
     "2021-10-12T11:22:11Z", "2121-10-12T11:22:11Z"},
}};

}  // namespace

std::span<const GoogleCaKey> google_ca_keys() { return kKeys; }

}  // namespace assay

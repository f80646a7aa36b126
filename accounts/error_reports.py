"""What an error report may tell: where it happened, and nothing of what passed through there."""

from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter


class NothingOfPeople(SafeExceptionReporterFilter):
    """Forms and local variables hold what people told of themselves, whatever they are called."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        posted = super().get_post_parameters(request)
        return dict.fromkeys(posted, self.cleansed_substitute) if self.is_active(request) else posted

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta = super().get_safe_request_meta(request)
        return meta | {"QUERY_STRING": self.cleansed_substitute} if self.is_active(request) else meta

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> list[tuple[str, Any]]:
        found = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, self.cleansed_substitute) for name, _value in found] if self.is_active(request) else list(found)


class Reporter(ExceptionReporter):
    """Without what stood in the address either: an officer searches by numbers."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        if self.filter.is_active(self.request):
            data |= {"request_GET_items": [], "request_FILES_items": []}
            data["request_insecure_uri"] = str(data.get("request_insecure_uri", "")).partition("?")[0]
        return data

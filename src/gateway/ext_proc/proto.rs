//! Envoy's messages, as they are published: those of `envoy.service.ext_proc.v3` and what they are made of.

pub(super) use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderMap, HeaderValue, HeaderValueOption},
        extensions::filters::http::ext_proc::v3::{
            ProcessingMode,
            processing_mode::{BodySendMode, HeaderSendMode},
        },
        service::ext_proc::v3::{
            BodyMutation, BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, HttpBody,
            HttpHeaders, ImmediateResponse, ProcessingRequest, ProcessingResponse, ProtocolConfiguration,
            StreamedBodyResponse, TrailersResponse,
            body_mutation::Mutation,
            external_processor_server::{ExternalProcessor, ExternalProcessorServer},
            processing_request::Request as Part,
            processing_response::Response as Reply,
        },
        r#type::v3::HttpStatus,
    },
    google::protobuf::{BoolValue, Struct, value::Kind},
};

<?php

namespace App\Http\Controllers\Api;

use App\Jobs\TrackedJob;
use App\Models\JobResult;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Str;

class JobController
{
    public function store(Request $request, string $type): JsonResponse
    {
        $job = TrackedJob::TYPES[$type] ?? abort(404);
        $id = (string) Str::uuid();
        $job::enqueue($id, $request->all());

        return response()->json(['id' => $id, 'status' => 'queued'], 202);
    }

    public function show(string $id): JsonResponse
    {
        $status = TrackedJob::status($id) ?? abort(404);

        return response()->json(['id' => $id, 'status' => $status, 'result' => JobResult::find($id)]);
    }
}
